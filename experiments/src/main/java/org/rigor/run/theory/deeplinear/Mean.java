// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import org.rigor.tensor.HostTensor;

/**
 * A mean of independent values.
 *
 * @param error standard error of the mean
 */
record Mean(double mean, double error) {
  /** Returns the means of the rows of [M, n]. */
  static Mean[] rows(HostTensor values, int models) {
    int n = Math.toIntExact(values.shape().size()) / models;
    Mean[] means = new Mean[models];
    for (int m = 0; m < models; m++) {
      double[] row = new double[n];
      values.copy(m * n, n, row, 0);
      means[m] = of(row);
    }
    return means;
  }

  static Mean of(double[] values) {
    double mean = 0;
    for (double v : values) {
      mean += v / values.length;
    }
    double squares = 0;
    for (double v : values) {
      squares += (v - mean) * (v - mean);
    }
    return new Mean(mean, Math.sqrt(squares / (values.length - 1) / values.length));
  }
}
