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

  /** Returns a pass in which nothing is drawn. */
  public static Pass with(Statistics statistics) {
    return begin(statistics, Optional.empty());
  }

  /**
   * Returns a pass of training in which layers draw noise.
   *
   * @param randoms asked only if one does
   */
  public static Pass with(Statistics statistics, Supplier<Randoms> randoms) {
    return begin(statistics, Optional.of(randoms));
  }

  private static Pass begin(Statistics statistics, Optional<Supplier<Randoms>> randoms) {
    return new Pass(
        statistics, randoms, "", new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>());
  }

  /** What layers draw from; empty outside of training. */
  Optional<Randoms> randoms() {
    return randoms.map(Supplier::get);
  }

  /** Returns the name of a place in the network where something is drawn. */
  String site(String name) {
    return prefix + name;
  }

  /** Notes hidden units, named as in the layer at hand. */
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

  /** Returns the same pass inside of a layer whose parameters' names begin with {@code name}. */
  Pass in(String name) {
    return new Pass(statistics, randoms, prefix + name, updates, ticks, hidden);
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

  /**
   * Notes the next value of a buffer that counts steps: of several passes of one step each sees the
   * same count.
   *
   * @param name own name in the layer at hand
   */
  void tick(String name, Value next) {
    if (ticks.put(prefix + name, next) != null) {
      throw new IllegalStateException("buffer '" + prefix + name + "' was counted twice");
    }
  }

  /** New values of buffers that count steps, likewise. */
  public Map<String, Value> ticks() {
    return Collections.unmodifiableMap(ticks);
  }

  /** New values of buffers by full name, [M, shape...]. */
  public Map<String, Value> updates() {
    return Collections.unmodifiableMap(updates);
  }
}
