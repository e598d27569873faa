// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** How far a runner is. Cheap enough to be called at every step. */
public interface Progress {

  /**
   * Says how much there is to do for a pack, before its first step.
   *
   * @param units of any size, as long as each takes about the same time
   */
  void begin(Pack pack, long units);

  /**
   * Says how much there is to do for a pack where only the first units take about the same time.
   *
   * @param steps units of like length, which come first
   * @param rest units of what comes after them, of any length
   */
  default void begin(Pack pack, long steps, long rest) {
    begin(pack, steps + rest);
  }

  /** Some units are done. */
  void advance(long units);

  /** What is being done, for example {@code train} or {@code attack}. */
  void phase(String name);

  /** The latest value of a metric, shown beside the rate. */
  void show(String metric, double value);

  /** A line for the user that must not scroll by, for example that a pack was halved. */
  void note(String line);
}
