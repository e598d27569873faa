// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Arrays;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.tensor.HostTensor;

/**
 * A predictor's output on N samples, in double.
 *
 * @param logMean logarithms of the mean probabilities, [M][N][K]
 * @param scores by score, [M][N]; larger is less sure
 */
public record Prediction(double[][][] logMean, Map<Score, double[][]> scores) {
  /** Returns the class of the largest mean probability, [M][N]. */
  public int[][] classes() {
    return Arrays.stream(logMean)
        .map(m -> Arrays.stream(m).mapToInt(Prediction::argMax).toArray())
        .toArray(int[][]::new);
  }

  /** Returns whether the predicted class is wrong, [M][N]. */
  public boolean[][] wrong(int[] labels) {
    boolean[][] wrong = new boolean[logMean.length][labels.length];
    int[][] classes = classes();
    for (int m = 0; m < wrong.length; m++) {
      for (int n = 0; n < labels.length; n++) {
        wrong[m][n] = classes[m][n] != labels[n];
      }
    }
    return wrong;
  }

  private static int argMax(double[] x) {
    int best = 0;
    for (int k = 1; k < x.length; k++) {
      best = x[k] > x[best] ? k : best;
    }
    return best;
  }

  /**
   * Predicts.
   *
   * @param x [N, features...] for all trials, or [M, N, features...], each trial its own
   */
  public static Prediction of(Device device, Predictor predictor, HostTensor x) {
    try (PreparedPrediction prepared = new PreparedPrediction(device, predictor)) {
      return prepared.of(x);
    }
  }
}
