// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

/**
 * Mean of independent values.
 *
 * @param error standard error of the mean
 */
record Mean(double mean, double error) {
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
