// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Map;

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
      Map.of(
          "a", new double[] {1e-4, 5e-4, 2e-3},
          "b", new double[] {1e-4, 1e-4, 1e-4},
          "c", new double[] {1e-4, 1e-4, 1e-4},
          "d", new double[] {1e-4, 1e-2, 1e-2},
          "e", new double[] {0.01, 0.01, 0.01},
          "f1", new double[] {1e-6, 1e-6, 1e-6},
          "f2", new double[] {1e-4, 1e-4, 1e-4},
          "h", new double[] {1e-6, 1e-6, 1e-6});

  private Agreement() {}

  /** Returns the largest ratio of a difference to its limit; at most 1 means agreement. */
  static double of(String work, double[] ours, double[] theirs) {
    double[] limits = LIMITS.get(work);
    if (limits == null || ours.length == 0 || ours.length != theirs.length) {
      return Double.POSITIVE_INFINITY;
    }
    double worst = 0;
    for (int i = 0; i < ours.length; i++) {
      // Compare robust accuracies as shares, since they may be 0.
      double scale = work.equals("e") ? 1 : Math.abs(ours[i]);
      double d = Math.abs(ours[i] - theirs[i]) / (limits[3 * i / ours.length] * scale);
      worst = Math.max(worst, Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
    }
    return worst;
  }
}
