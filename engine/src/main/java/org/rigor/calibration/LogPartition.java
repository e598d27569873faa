// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

/**
 * log sum_k exp(b (z_k - z_y)) of one sample with its two derivatives by the inverse temperature b:
 * the mean and the variance of z_k - z_y under the softmax.
 */
record LogPartition(double value, double slope, double curvature) {
  static LogPartition at(double[] logits, int from, int classes, int label, double b) {
    double own = logits[from + label];
    double top = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < classes; k++) {
      top = Math.max(top, logits[from + k] - own);
    }
    double sum = 0;
    double first = 0;
    double second = 0;
    for (int k = 0; k < classes; k++) {
      double gap = logits[from + k] - own;
      double e = StrictMath.exp(b * (gap - top));
      sum += e;
      first += e * gap;
      second += e * gap * gap;
    }
    double mean = first / sum;
    return new LogPartition(
        b * top + StrictMath.log(sum), mean, Math.max(0, second / sum - mean * mean));
  }
}
