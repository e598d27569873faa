// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;

/**
 * The schedule of certified training: epsilon is 0 for a share of a model's steps, {@code warm-up},
 * then rises linearly over another, {@code ramp}, and stays.
 */
final class Ramp {
  /** Table of the share of epsilon at a step. */
  static final String SHARE = "ramp";

  private Ramp() {}

  /** Returns usual values of its numbers and of others. */
  static Map<String, Double> with(Map<String, Double> others) {
    Map<String, Double> all = new java.util.LinkedHashMap<>(others);
    all.put("warm-up", 0.0);
    all.put("ramp", 0.5);
    return Map.copyOf(all);
  }

  /**
   * Returns the share of epsilon at a step, in [0, 1].
   *
   * @throws IllegalArgumentException if the rise would not end with the training
   */
  static double share(Map<String, Double> numbers, int step, int total) {
    double warmUp = numbers.get("warm-up");
    double ramp = numbers.get("ramp");
    if (!(warmUp >= 0 && ramp >= 0 && warmUp + ramp <= 1)) {
      throw new IllegalArgumentException(
          "training: warm-up and ramp are shares of the steps, together at most 1; got "
              + warmUp
              + " and "
              + ramp);
    }
    double risen = step - warmUp * total;
    return risen < 0 ? 0 : risen >= ramp * total ? 1 : risen / (ramp * total);
  }

  /** Returns what moves from {@code from} to {@code to} as epsilon rises. */
  static double between(double from, double to, Map<String, Double> numbers, int step, int total) {
    return from + share(numbers, step, total) * (to - from);
  }
}
