// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * A matrix as {@code 2^exponent * a}, contiguous and row-major, with the largest entry of {@code a}
 * in [1/2, 1), so that squares and their sums neither overflow nor lose more than {@code slack}.
 *
 * @param a entries
 * @param rows rows of a
 * @param cols columns of a
 * @param exponent power of two taken out
 */
record ScaledMatrix(double[] a, int rows, int cols, int exponent) {
  /** Exceeds any sum of underflow errors of scaled entries, and is negligible beside their norm. */
  static final double TINY = 0x1p-500;

  /** Scales a copy of finite entries, not all zero; entries that become subnormal are rounded. */
  static ScaledMatrix of(double[] w, int rows, int cols, double largest) {
    int exponent = Math.getExponent(largest) + 1;
    if (largest < Double.MIN_NORMAL) {
      exponent = Math.getExponent(largest * 0x1p60) + 1 - 60;
    }
    double[] a = new double[rows * cols];
    // Two steps: one factor of 2^1074 would itself overflow.
    double first = Math.scalb(1.0, -exponent / 2);
    double second = Math.scalb(1.0, -exponent - -exponent / 2);
    for (int i = 0; i < a.length; i++) {
      a[i] = w[i] * first * second;
    }
    return new ScaledMatrix(a, rows, cols, exponent);
  }

  /**
   * Returns the largest absolute entry, 0 for the zero matrix; refuses NaN and infinity by
   * position.
   */
  static double largest(double[] w, int rows, int cols) {
    double largest = 0;
    for (int i = 0; i < rows * cols; i++) {
      if (!Double.isFinite(w[i])) {
        throw new IllegalArgumentException(
            "norm: every entry must be finite; entry (%d, %d) of a %d x %d matrix is %s"
                .formatted(i / cols, i % cols, rows, cols, w[i]));
      }
      largest = Math.max(largest, Math.abs(w[i]));
    }
    return largest;
  }

  /**
   * Returns more than underflow can change, in Frobenius norm, in the scaling of {@code count}
   * entries (each loses at most 2^-1074) or in {@code count} products (each at most 2^-1075).
   */
  static double slack(long count) {
    return count * Double.MIN_VALUE;
  }

  /** Returns an upper bound on the Frobenius norm of a. */
  double frobeniusUp() {
    double bound = Rounding.mulUp(sumOfSquares(), Rounding.inflation(rows + cols + 1L));
    return Rounding.sqrtUp(Rounding.addUp(bound, slack((long) rows * cols)));
  }

  // Rows first, so that a term meets rows + cols roundings and not rows * cols.
  private double sumOfSquares() {
    double total = 0;
    for (int i = 0; i < rows; i++) {
      double row = 0;
      for (int j = 0; j < cols; j++) {
        double x = a[i * cols + j];
        row += x * x;
      }
      total += row;
    }
    return total;
  }
}
