// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.rigor.ir.Value;
import org.rigor.op.Randoms;

/**
 * One traced forward pass: which statistics batch norms use, and the updated buffers. Only a pass
 * with {@link Statistics#BATCH} has updates; the caller that traces it decides whether to store
 * them.
 */
public final class Pass {
  /** What a batch norm normalises with. */
  public enum Statistics {
    /** Mean and variance of the current batch, so its samples depend on each other. */
    BATCH,
    /** The running statistics at their current values, during training. */
    RUNNING,
    /** The stored statistics of a finished network: constants, an affine map of each channel. */
    FROZEN
  }

  private final Statistics statistics;
  private final Optional<Supplier<Randoms>> randoms;
  private final String prefix;
  private final Map<String, Value> updates;
  private final Map<String, Value> ticks;
  private final List<HiddenUnits> hidden;

  private Pass(
      Statistics statistics,
      Optional<Supplier<Randoms>> randoms,
      String prefix,
      Map<String, Value> updates,
      Map<String, Value> ticks,
      List<HiddenUnits> hidden) {
    this.statistics = statistics;
    this.randoms = randoms;
    this.prefix = prefix;
    this.updates = updates;
    this.ticks = ticks;
    this.hidden = hidden;
  }

  /** Returns a pass without random numbers. */
  public static Pass with(Statistics statistics) {
    return begin(statistics, Optional.empty());
  }

  /**
   * Returns a training pass in which layers draw noise.
   *
   * @param randoms called only if a layer draws
   */
  public static Pass with(Statistics statistics, Supplier<Randoms> randoms) {
    return begin(statistics, Optional.of(randoms));
  }

  private static Pass begin(Statistics statistics, Optional<Supplier<Randoms>> randoms) {
    return new Pass(
        statistics, randoms, "", new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>());
  }

  /** Returns the random numbers that layers draw from; empty outside training. */
  Optional<Randoms> randoms() {
    return randoms.map(Supplier::get);
  }

  /** Returns the full name of a site in the network that draws random numbers. */
  String site(String name) {
    return prefix + name;
  }

  /** Records hidden units, named as in the current layer. */
  void note(HiddenUnits units) {
    hidden.add(units.in(prefix));
  }

  /** Returns the hidden units between two dense layers that were traced, from the input on. */
  public List<HiddenUnits> hidden() {
    return Collections.unmodifiableList(hidden);
  }

  public Statistics statistics() {
    return statistics;
  }

  /** Returns this pass within a layer whose parameter names begin with {@code name}. */
  Pass in(String name) {
    return new Pass(statistics, randoms, prefix + name, updates, ticks, hidden);
  }

  /**
   * Records a buffer's next value.
   *
   * @param name local name in the current layer
   */
  void update(String name, Value next) {
    if (updates.put(prefix + name, next) != null) {
      throw new IllegalStateException("buffer '" + prefix + name + "' was updated twice");
    }
  }

  /**
   * Records the next value of a buffer that counts steps: if one step has several passes, all see
   * the same count.
   *
   * @param name local name in the current layer
   */
  void tick(String name, Value next) {
    if (ticks.put(prefix + name, next) != null) {
      throw new IllegalStateException("buffer '" + prefix + name + "' was counted twice");
    }
  }

  /** Returns the new values of buffers that count steps, likewise. */
  public Map<String, Value> ticks() {
    return Collections.unmodifiableMap(ticks);
  }

  /** Returns the new values of buffers by full name, [M, shape...]. */
  public Map<String, Value> updates() {
    return Collections.unmodifiableMap(updates);
  }
}
