// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.rigor.tensor.Draws;

/**
 * A binned calibration error with its interval and bias. The error averages absolute values, so
 * even a perfectly calibrated predictor has a positive one: {@code bias} is the mean error of such
 * a predictor with the same confidences on the same number of samples (Bröcker &amp; Smith 2007;
 * Roelofs et al. 2022). An error up to {@code nullHigh} is no evidence against calibration. The
 * interval is that of the same biased estimator: resampling adds the bias again, so its middle lies
 * above {@code value} where the error is small.
 *
 * @param value the error, in [0, 1]
 * @param low lower percentile of the bootstrap
 * @param high upper percentile
 * @param bias mean error of simulated calibrated predictors of the same confidences
 * @param nullHigh upper percentile of their errors, at the one-sided level {@code alpha}
 */
public record CalibrationError(
    double value, double low, double high, double bias, double nullHigh) {

  /**
   * Measures the expected calibration error over bins of equal width.
   *
   * @param bins at least 1; 15 is usual
   * @param rounds resamples and simulations, at least 20
   * @param alpha one minus the level of the interval, in (0, 1)
   * @param seed of resamples and simulations
   */
  public static CalibrationError equalWidth(
      Confidences c, int bins, int rounds, double alpha, long seed) {
    return of(c, x -> Reliability.equalWidth(x, bins).error(), rounds, alpha, seed);
  }

  /**
   * Measures the adaptive calibration error: bins of equal counts, see {@link
   * Reliability#equalMass}.
   */
  public static CalibrationError equalMass(
      Confidences c, int bins, int rounds, double alpha, long seed) {
    return of(c, x -> Reliability.equalMass(x, bins).error(), rounds, alpha, seed);
  }

  private static CalibrationError of(
      Confidences c, ToDoubleFunction<Confidences> error, int rounds, double alpha, long seed) {
    if (rounds < 20 || !(alpha > 0 && alpha < 1)) {
      throw new IllegalArgumentException(
          "calibration: needs 20 rounds at least and alpha in (0, 1), got %d and %s"
              .formatted(rounds, alpha));
    }
    double[] resampled = new double[rounds];
    double[] simulated = new double[rounds];
    for (int r = 0; r < rounds; r++) {
      resampled[r] = error.applyAsDouble(resample(c, new Draws(seed, 0, r)));
      simulated[r] = error.applyAsDouble(calibrated(c, new Draws(seed, 1, r)));
    }
    Arrays.sort(resampled);
    Arrays.sort(simulated);
    return new CalibrationError(
        error.applyAsDouble(c),
        percentile(resampled, alpha / 2),
        percentile(resampled, 1 - alpha / 2),
        Arrays.stream(simulated).sum() / rounds,
        percentile(simulated, 1 - alpha));
  }

  /** Returns a bootstrap resample of the same size. */
  private static Confidences resample(Confidences c, Draws draws) {
    int n = c.size();
    double[] confidence = new double[n];
    boolean[] correct = new boolean[n];
    for (int i = 0; i < n; i++) {
      int from = draws.below(n);
      confidence[i] = c.confidence()[from];
      correct[i] = c.correct()[from];
    }
    return new Confidences(confidence, correct);
  }

  /** Returns the same confidences with simulated answers, each right with that probability. */
  private static Confidences calibrated(Confidences c, Draws draws) {
    boolean[] correct = new boolean[c.size()];
    for (int i = 0; i < correct.length; i++) {
      correct[i] = draws.uniform() < c.confidence()[i];
    }
    return new Confidences(c.confidence(), correct);
  }

  /** Interpolates linearly between order statistics (Hyndman &amp; Fan 1996, definition 7). */
  private static double percentile(double[] sorted, double p) {
    double at = p * (sorted.length - 1);
    int low = (int) at;
    int high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  }
}
