// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import java.util.Arrays;
import java.util.Comparator;

/**
 * The risk-coverage curve: the error that remains when a predictor answers only where it is most
 * confident (El-Yaniv &amp; Wiener 2010; Geifman &amp; El-Yaniv 2017).
 *
 * @param coverage ascending shares of samples answered; samples with tied scores enter together
 * @param risk mean loss among them
 */
public record SelectiveRisk(double[] coverage, double[] risk) {

  /**
   * Builds the curve.
   *
   * @param sure score of each sample, larger means more confident; not NaN
   * @param loss of each sample, at least 0: 1 for a wrong answer and 0 for a right one, or, under
   *     attack, the largest loss found at that sample
   */
  public static SelectiveRisk of(double[] sure, double[] loss) {
    int n = sure.length;
    if (n < 1 || loss.length != n) {
      throw new IllegalArgumentException(
          "selective risk: needs as many losses as scores and at least one, got %d and %d"
              .formatted(loss.length, n));
    }
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    for (double s : sure) {
      if (Double.isNaN(s)) {
        throw new IllegalArgumentException("selective risk: a score is NaN");
      }
    }
    Arrays.sort(order, Comparator.comparingDouble(i -> -sure[i]));
    double[] coverage = new double[n];
    double[] risk = new double[n];
    int points = 0;
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += loss[order[i]];
      if (i + 1 == n || sure[order[i + 1]] != sure[order[i]]) {
        coverage[points] = (double) (i + 1) / n;
        risk[points++] = sum / (i + 1);
      }
    }
    return new SelectiveRisk(Arrays.copyOf(coverage, points), Arrays.copyOf(risk, points));
  }

  /** Returns the risk at the smallest attainable coverage of at least {@code share}. */
  public double at(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("a coverage lies in (0, 1], got " + share);
    }
    int i = 0;
    while (coverage[i] < share) {
      i++;
    }
    return risk[i];
  }

  /**
   * Returns the area under the curve, as a step function of coverage: the mean risk over all
   * shares. Without ties this is the mean over n of the risk of the n most confident answers.
   */
  public double area() {
    double sum = 0;
    double from = 0;
    for (int i = 0; i < coverage.length; i++) {
      sum += (coverage[i] - from) * risk[i];
      from = coverage[i];
    }
    return sum;
  }
}
