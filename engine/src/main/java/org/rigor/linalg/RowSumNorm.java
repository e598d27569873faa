// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/** Certified operator norm from l-infinity to l-infinity: the largest absolute row sum. */
public final class RowSumNorm {
  private RowSumNorm() {}

  /**
   * Returns an upper bound on the largest absolute row sum of a row-major matrix; infinite if it
   * may exceed the largest double. Sums of magnitudes do not underflow.
   *
   * @throws IllegalArgumentException if an entry is NaN or infinite
   */
  public static double upper(double[] w, int rows, int cols) {
    double sum = largestSum(w, rows, cols);
    return Rounding.mulUp(sum, Rounding.inflation(cols));
  }

  /** Returns a lower bound on the largest absolute row sum, under the same conditions. */
  public static double lower(double[] w, int rows, int cols) {
    double sum = Math.min(Double.MAX_VALUE, largestSum(w, rows, cols));
    return Rounding.mulDown(sum, Rounding.deflation(cols));
  }

  private static double largestSum(double[] w, int rows, int cols) {
    ScaledMatrix.largest(w, rows, cols);
    double best = 0;
    for (int i = 0; i < rows; i++) {
      double sum = 0;
      for (int j = 0; j < cols; j++) {
        sum += Math.abs(w[i * cols + j]);
      }
      best = Math.max(best, sum);
    }
    return best;
  }
}
