// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;

/**
 * Compact QR factors of a tall matrix, {@code A = Q R}, by EJML, with signs chosen so that the
 * diagonal of R is not negative.
 *
 * @param rows rows of A and Q
 * @param cols columns of A, Q and R, at most rows
 * @param q rows x cols, row-major, orthonormal columns
 * @param r cols x cols, row-major, upper triangular
 */
public record Qr(int rows, int cols, double[] q, double[] r) {

  /**
   * Factors a row-major matrix.
   *
   * @throws IllegalArgumentException if it has more columns than rows
   */
  public static Qr of(double[] a, int rows, int cols) {
    if (cols > rows) {
      throw new IllegalArgumentException(
          "qr: a tall matrix is required; got %d x %d".formatted(rows, cols));
    }
    DMatrixRMaj copy = new DMatrixRMaj(rows, cols);
    System.arraycopy(a, 0, copy.data, 0, rows * cols);
    QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(rows, cols);
    if (!qr.decompose(copy)) {
      throw new ArithmeticException("qr: failed for a %d x %d matrix".formatted(rows, cols));
    }
    double[] q = qr.getQ(null, true).data.clone();
    double[] r = qr.getR(null, true).data.clone();
    for (int i = 0; i < cols; i++) {
      if (r[i * cols + i] < 0) {
        for (int j = 0; j < cols; j++) {
          r[i * cols + j] = -r[i * cols + j];
        }
        for (int j = 0; j < rows; j++) {
          q[j * cols + i] = -q[j * cols + i];
        }
      }
    }
    return new Qr(rows, cols, q, r);
  }
}
