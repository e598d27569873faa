// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import java.util.Arrays;

/**
 * Area under the ROC curve: the probability that a score is larger for a random positive than for a
 * random negative sample, ties counting half (Mann and Whitney's U over its maximum).
 *
 * <p>Errors assume independent samples. If both groups come from the same samples, such as clean
 * images and the same images corrupted, and their scores correlate positively, the errors exceed
 * the true ones and the intervals are too wide.
 *
 * @param value in [0, 1]; 0.5 separates nothing
 * @param standardError by DeLong et al. 1988
 * @param low lower limit: normal on the logit scale; if every positive is above (or below) every
 *     negative, the standard error is 0 and the wider limit of Hoeffding's inequality for
 *     U-statistics (1963) is used instead
 * @param high upper limit
 */
public record Auroc(double value, double standardError, double low, double high) {
  /** Quantile of the standard normal at 0.975. */
  private static final double Z = 1.959963984540054;

  private static final double ALPHA = 0.05;

  /**
   * Measures with a 95 % interval.
   *
   * @param positives scores that should be large, at least 2
   * @param negatives scores that should be small, at least 2
   * @throws IllegalArgumentException if there are too few, or one is NaN
   */
  public static Auroc of(double[] positives, double[] negatives) {
    int m = positives.length;
    int n = negatives.length;
    if (m < 2 || n < 2) {
      throw new IllegalArgumentException(
          "auroc: needs 2 scores of each group at least, got %d and %d".formatted(m, n));
    }
    double[] up = sorted(positives);
    double[] down = sorted(negatives);
    double[] above = new double[m]; // share of negatives below each positive
    double[] below = new double[n]; // share of positives above each negative
    double sum = 0;
    for (int i = 0; i < m; i++) {
      above[i] = under(down, positives[i]);
      sum += above[i];
    }
    for (int j = 0; j < n; j++) {
      below[j] = 1 - under(up, negatives[j]);
    }
    double value = sum / m;
    double error = Math.sqrt(variance(above) / m + variance(below) / n);
    if (error == 0) {
      double far = Math.sqrt(Math.log(2 / ALPHA) / (2.0 * Math.min(m, n)));
      return new Auroc(value, 0, Math.max(0, value - far), Math.min(1, value + far));
    }
    if (value <= 0 || value >= 1) {
      throw new IllegalStateException("auroc: " + value + " with standard error " + error);
    }
    double logit = Math.log(value / (1 - value));
    double half = Z * error / (value * (1 - value));
    return new Auroc(value, error, logistic(logit - half), logistic(logit + half));
  }

  private static double logistic(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double[] sorted(double[] scores) {
    double[] s = scores.clone();
    for (double v : s) {
      if (Double.isNaN(v)) {
        throw new IllegalArgumentException("auroc: a score is NaN");
      }
    }
    for (int i = 0; i < s.length; i++) {
      s[i] += 0.0; // -0.0 ties with 0.0
    }
    Arrays.sort(s);
    return s;
  }

  /** Returns the share of sorted numbers below x, ties counting half. */
  private static double under(double[] sorted, double x) {
    return 0.5 * (first(sorted, x, false) + first(sorted, x, true)) / sorted.length;
  }

  /** Returns the number of elements below x, or at most x. */
  private static int first(double[] sorted, double x, boolean orEqual) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] < x || (orEqual && sorted[middle] == x)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static double variance(double[] v) {
    double mean = Arrays.stream(v).sum() / v.length;
    double sum = 0;
    for (double x : v) {
      sum += (x - mean) * (x - mean);
    }
    return sum / (v.length - 1);
  }
}
