// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

/**
 * Temperature scaling (Guo et al. 2017, section 4.2): the number that divides the logits and
 * maximises the likelihood of held-out labels. It changes no predicted class. The log-likelihood is
 * concave in 1 / T, so the optimum is unique; safeguarded Newton steps find it.
 *
 * @param value T in [{@link #LEAST}, {@link #MOST}]
 * @param attained false if the likelihood still rises at an end of that range, for example when all
 *     samples are classified correctly: {@code value} is then that end, not an optimum
 * @param before mean negative log-likelihood at T = 1, nats
 * @param after mean negative log-likelihood at {@code value}
 */
public record Temperature(double value, boolean attained, double before, double after) {
  public static final double LEAST = 1e-3;
  public static final double MOST = 1e3;

  private static final int MOST_STEPS = 200;

  /**
   * Fits on held-out samples. Do not evaluate it on the same samples: the result would be
   * optimistic.
   *
   * @param logits [N, K] row-major, finite
   * @param labels [N]
   */
  public static Temperature fit(double[] logits, int classes, int[] labels) {
    Predictions.requireRows(logits, classes, labels);
    for (double z : logits) {
      if (!Double.isFinite(z)) {
        throw new IllegalArgumentException("temperature: logits must be finite, got " + z);
      }
    }
    double low = 1 / MOST;
    double high = 1 / LEAST;
    double b;
    boolean attained = false;
    if (mean(logits, classes, labels, low).slope() >= 0) {
      b = low;
    } else if (mean(logits, classes, labels, high).slope() <= 0) {
      b = high;
    } else {
      attained = true;
      b = 1;
      for (int i = 0; i < MOST_STEPS && high - low > 1e-15 * high; i++) {
        LogPartition at = mean(logits, classes, labels, b);
        if (at.slope() > 0) {
          high = b;
        } else {
          low = b;
        }
        double newton = b - at.slope() / at.curvature();
        // Where Newton leaves the bracket, take its geometric mean: the range spans six decades.
        double next = newton > low && newton < high ? newton : Math.sqrt(low * high);
        if (Math.abs(next - b) <= 1e-15 * b) {
          break;
        }
        b = next;
      }
    }
    return new Temperature(
        1 / b,
        attained,
        mean(logits, classes, labels, 1).value(),
        mean(logits, classes, labels, b).value());
  }

  private static LogPartition mean(double[] logits, int classes, int[] labels, double b) {
    double value = 0;
    double slope = 0;
    double curvature = 0;
    for (int n = 0; n < labels.length; n++) {
      LogPartition p = LogPartition.at(logits, n * classes, classes, labels[n], b);
      value += p.value();
      slope += p.slope();
      curvature += p.curvature();
    }
    int n = labels.length;
    return new LogPartition(value / n, slope / n, curvature / n);
  }
}
