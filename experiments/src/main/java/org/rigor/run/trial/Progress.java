// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.trial;

/** The progress of a runner. Calls are cheap enough for every step. */
public interface Progress {

  /**
   * Sets the amount of work of a pack, before its first step.
   *
   * @param units of work that each take about the same time
   */
  void begin(Pack pack, long units);

  /**
   * Sets the amount of work of a pack in which only the first units take about the same time.
   *
   * @param steps number of first units, which take about the same time
   * @param rest number of units after them, which may take any time
   */
  default void begin(Pack pack, long steps, long rest) {
    begin(pack, steps + rest);
  }

  /** Reports that some units are done. */
  void advance(long units);

  /** Sets the current phase, for example {@code train} or {@code attack}. */
  void phase(String name);

  /** Shows the latest value of a metric beside the rate. */
  void show(String metric, double value);

  /** Prints a line the user must not miss, for example that a pack was halved. */
  void note(String line);
}
