// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

/**
 * Class probabilities of N samples with their labels.
 *
 * @param probabilities [N, K] row-major; rows are non-negative and sum to 1 within 1e-6
 * @param classes K, at least 2
 * @param labels [N], each in 0 .. K-1
 */
public record Predictions(double[] probabilities, int classes, int[] labels) {
  private static final double SUM = 1e-6;

  /**
   * @throws IllegalArgumentException if lengths differ, a label is out of range, or a row is not a
   *     distribution
   */
  public Predictions {
    requireRows(probabilities, classes, labels);
    for (int n = 0; n < labels.length; n++) {
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        double p = probabilities[n * classes + k];
        if (!(p >= 0)) {
          throw new IllegalArgumentException(
              "probabilities must not be negative, class %d of sample %d has %s"
                  .formatted(k, n, p));
        }
        sum += p;
      }
      if (!(Math.abs(sum - 1) <= SUM)) {
        throw new IllegalArgumentException(
            "probabilities of a sample must sum to 1, those of sample %d sum to %s"
                .formatted(n, sum));
      }
    }
  }

  /**
   * Computes the softmax of logits divided by a temperature.
   *
   * @param logits [N, K] row-major, finite
   * @param temperature above 0; 1 leaves the logits unchanged
   */
  public static Predictions softmax(
      double[] logits, int classes, int[] labels, double temperature) {
    requireRows(logits, classes, labels);
    if (!(temperature > 0)) {
      throw new IllegalArgumentException("a temperature must be above 0, got " + temperature);
    }
    double[] p = new double[logits.length];
    for (int at = 0; at < p.length; at += classes) {
      double top = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < classes; k++) {
        if (!Double.isFinite(logits[at + k])) {
          throw new IllegalArgumentException(
              "logits must be finite, class %d of sample %d has %s"
                  .formatted(k, at / classes, logits[at + k]));
        }
        top = Math.max(top, logits[at + k]);
      }
      double sum = 0;
      for (int k = 0; k < classes; k++) {
        p[at + k] = StrictMath.exp((logits[at + k] - top) / temperature);
        sum += p[at + k];
      }
      for (int k = 0; k < classes; k++) {
        p[at + k] /= sum;
      }
    }
    return new Predictions(p, classes, labels);
  }

  /** Returns the number of samples. */
  public int size() {
    return labels.length;
  }

  /** Returns the class of largest probability, the first of ties. */
  public int predicted(int sample) {
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (probability(sample, k) > probability(sample, best)) {
        best = k;
      }
    }
    return best;
  }

  public double probability(int sample, int k) {
    return probabilities[sample * classes + k];
  }

  /** Returns the largest probability of a sample. */
  public double confidence(int sample) {
    return probability(sample, predicted(sample));
  }

  /** Returns the largest probabilities, and whether their classes are right. */
  public Confidences confidences() {
    double[] confidence = new double[size()];
    boolean[] correct = new boolean[size()];
    for (int n = 0; n < size(); n++) {
      int best = predicted(n);
      confidence[n] = Math.min(1, probability(n, best));
      correct[n] = best == labels[n];
    }
    return new Confidences(confidence, correct);
  }

  /** Computes the Shannon entropy of each sample's distribution, in nats: [N]. */
  public double[] entropies() {
    double[] h = new double[size()];
    for (int n = 0; n < h.length; n++) {
      for (int k = 0; k < classes; k++) {
        double p = probability(n, k);
        h[n] -= p > 0 ? p * StrictMath.log(p) : 0;
      }
    }
    return h;
  }

  static void requireRows(double[] rows, int classes, int[] labels) {
    if (classes < 2 || labels.length < 1 || rows.length != (long) labels.length * classes) {
      throw new IllegalArgumentException(
          "needs [N, K] numbers of N >= 1 samples and K >= 2 classes, got %d numbers, %d labels, %d classes"
              .formatted(rows.length, labels.length, classes));
    }
    for (int n = 0; n < labels.length; n++) {
      if (labels[n] < 0 || labels[n] >= classes) {
        throw new IllegalArgumentException(
            "labels must lie in 0..%d, label %d is %d".formatted(classes - 1, n, labels[n]));
      }
    }
  }
}
