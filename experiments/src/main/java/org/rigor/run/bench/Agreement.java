// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Map;
import java.util.Set;

/**
 * Agreement of two tools' results: losses of three training steps, robust accuracies, norms of
 * Jacobians, margins. Without it no ratio of times is shown.
 */
final class Agreement {
  /**
   * Allowed relative difference for each third of the list of values: training steps diverge, above
   * all where the attack takes the sign of a gradient.
   */
  private static final Map<String, double[]> LIMITS =
      Map.ofEntries(
          entry("a", 1e-4, 5e-4, 2e-3),
          entry("b", 1e-4, 1e-4, 1e-4),
          entry("c", 1e-4, 1e-4, 1e-4),
          entry("d", 1e-4, 1e-2, 1e-2),
          entry("e", 0.01, 0.01, 0.01),
          entry("f1", 1e-6, 1e-6, 1e-6),
          entry("f2", 1e-4, 1e-4, 1e-4),
          entry("h", 1e-6, 1e-6, 1e-6),
          entry("i", 1e-4, 1e-4, 1e-4),
          entry("j", 0.01, 0.01, 0.01),
          entry("k", 0.01, 0.01, 0.01));

  /** Works whose values are shares of samples, which may be 0. */
  private static final Set<String> SHARES = Set.of("e", "j", "k");

  /** Starts of work j are random: a peer's attack may be so much weaker than Rigor's. */
  private static final double WEAKER = 0.05;

  private Agreement() {}

  private static Map.Entry<String, double[]> entry(String work, double... limits) {
    return Map.entry(work, limits);
  }

  /**
   * Returns the largest ratio of a difference to its limit; at most 1 means agreement.
   *
   * @param work letter, and a digit if the work has parts
   */
  static double of(String work, double[] ours, double[] theirs) {
    double[] limits = LIMITS.getOrDefault(work, LIMITS.get(work.substring(0, 1)));
    if (limits == null || ours.length == 0 || ours.length != theirs.length) {
      return Double.POSITIVE_INFINITY;
    }
    double worst = 0;
    for (int i = 0; i < ours.length; i++) {
      boolean share = SHARES.contains(work.substring(0, 1));
      double scale = share ? 1 : Math.abs(ours[i]);
      double limit = limits[3 * i / ours.length] * scale;
      limit = work.startsWith("j") && ours[i] < theirs[i] ? WEAKER : limit;
      limit = work.startsWith("k") && ours[i] > theirs[i] ? 1 : limit; // its ascent differs
      double d = Math.abs(ours[i] - theirs[i]) / limit;
      worst = Math.max(worst, Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
    }
    return worst;
  }
}
