// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

/**
 * Scores whose expectation is minimal at the true probabilities (Gneiting &amp; Raftery 2007). They
 * can rank predictors. A calibration error alone cannot: a predictor that always returns the class
 * frequencies has none.
 */
public final class ProperScores {
  private ProperScores() {}

  /** Returns the mean negative log-likelihood in nats; infinite if a label has probability 0. */
  public static double negativeLogLikelihood(Predictions p) {
    double sum = 0;
    for (int n = 0; n < p.size(); n++) {
      sum -= StrictMath.log(p.probability(n, p.labels()[n]));
    }
    return sum / p.size();
  }

  /**
   * Returns the mean negative log-likelihood of softmax(logits / temperature) in nats; finite even
   * where the probabilities of {@link Predictions} would round to 0.
   *
   * @param logits [N, K] row-major, finite
   */
  public static double negativeLogLikelihood(
      double[] logits, int classes, int[] labels, double temperature) {
    Predictions.requireRows(logits, classes, labels);
    double sum = 0;
    for (int n = 0; n < labels.length; n++) {
      sum += LogPartition.at(logits, n * classes, classes, labels[n], 1 / temperature).value();
    }
    return sum / labels.length;
  }

  /** Returns the mean of sum_k (p_k - 1{y = k})^2, in [0, 2] (Brier 1950). */
  public static double brier(Predictions p) {
    double sum = 0;
    for (int n = 0; n < p.size(); n++) {
      for (int k = 0; k < p.classes(); k++) {
        double gap = p.probability(n, k) - (p.labels()[n] == k ? 1 : 0);
        sum += gap * gap;
      }
    }
    return sum / p.size();
  }
}
