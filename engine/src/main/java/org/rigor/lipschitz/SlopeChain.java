// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import org.rigor.ir.Range;
import org.rigor.linalg.Rounding;

/**
 * A chain of affine maps with elementwise functions between them, on the host: {@code y = W_m
 * f_(m-1)(... f_1(W_1 x))}, biases left out, since no Lipschitz constant depends on them once the
 * slopes are given.
 *
 * @param widths n_0 inputs, n_1 to n_(m-1) units, n_m outputs
 * @param weights W_1 to W_m, W_i of n_i x n_(i-1) numbers, row-major
 * @param errors of each number of each matrix, how far the real one may be from it
 * @param slopes of the functions f_1 to f_(m-1)
 */
record SlopeChain(int[] widths, double[][] weights, double[][] errors, Range[] slopes) {
  /** Returns m, the number of affine maps. */
  int maps() {
    return weights.length;
  }

  /** Returns the number of units, n_1 + ... + n_(m-1). */
  int units() {
    return Arrays.stream(widths, 1, maps()).sum();
  }

  /**
   * Returns the same chain with W_i times 2^exponents_i, exactly: underflow goes into the errors.
   */
  SlopeChain scaled(int[] exponents) {
    double[][] w = new double[maps()][];
    double[][] e = new double[maps()][];
    for (int i = 0; i < w.length; i++) {
      int by = exponents[i];
      double lost = by < 0 ? Double.MIN_VALUE : 0;
      w[i] = Arrays.stream(weights[i]).map(v -> Math.scalb(v, by)).toArray();
      e[i] =
          Arrays.stream(errors[i])
              .map(v -> Rounding.addUp(Rounding.scaleUp(v, by), lost))
              .toArray();
    }
    return new SlopeChain(widths, w, e, slopes);
  }
}
