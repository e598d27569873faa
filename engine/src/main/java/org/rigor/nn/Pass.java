// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Value;

/**
 * One traced forward pass: which statistics batch norms use, and what the buffers become. Only a
 * pass with {@link Statistics#BATCH} has updates; whoever traces it decides whether to store them.
 */
public final class Pass {
  /** What a batch norm normalises with. */
  public enum Statistics {
    /** Mean and variance of the batch at hand, so that its samples depend on each other. */
    BATCH,
    /** The running statistics as they stand, in the middle of a training. */
    RUNNING,
    /** The stored statistics of a finished network: constants, an affine map of each channel. */
    FROZEN
  }

  private final Statistics statistics;
  private final String prefix;
  private final Map<String, Value> updates;

  private Pass(Statistics statistics, String prefix, Map<String, Value> updates) {
    this.statistics = statistics;
    this.prefix = prefix;
    this.updates = updates;
  }

  public static Pass with(Statistics statistics) {
    return new Pass(statistics, "", new LinkedHashMap<>());
  }

  public Statistics statistics() {
    return statistics;
  }

  /** The same pass inside of a layer whose parameters' names begin with {@code name}. */
  Pass in(String name) {
    return new Pass(statistics, prefix + name, updates);
  }

  /**
   * Notes a buffer's next value.
   *
   * @param name own name in the layer at hand
   */
  void update(String name, Value next) {
    if (updates.put(prefix + name, next) != null) {
      throw new IllegalStateException("buffer '" + prefix + name + "' was updated twice");
    }
  }

  /** New values of buffers by full name, [M, shape...]. */
  public Map<String, Value> updates() {
    return Collections.unmodifiableMap(updates);
  }
}
