// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import org.rigor.linalg.Matrix;
import org.rigor.linalg.Svd;

/**
 * The data of a linear regression compressed to as many columns as the inputs have rank. Gradients
 * of {@code |E Y - X|^2 / 2} depend on the data only through {@code X Y'} and {@code Y Y'}; with V
 * the right singular vectors of Y, {@code (X V, Y V)} has the same products, so gradient descent
 * takes the same steps at a cost independent of the number of samples.
 *
 * @param x targets times V, d x k
 * @param y inputs times V, m x k
 * @param dropped {@code |X - X V V'|^2}, the part of the squared loss that no E changes
 */
record SampleCompression(Matrix x, Matrix y, double dropped) {
  /**
   * @param x d x n
   * @param y m x n
   * @param tolerance drops directions whose singular value is at most this share of the largest
   */
  public static SampleCompression of(Matrix x, Matrix y, double tolerance) {
    Svd svd = Svd.of(y);
    Matrix v = svd.v().columns(svd.rank(tolerance));
    Matrix xv = x.times(v);
    return new SampleCompression(xv, y.times(v), x.minus(xv.times(v.transpose())).squares());
  }
}
