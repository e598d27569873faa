// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.Optional;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;

/**
 * The factor of a symmetric positive definite matrix, {@code A = L L'}, by EJML.
 *
 * @param n rows and columns
 * @param l n x n, row-major, zero above the diagonal
 */
public record Cholesky(int n, double[] l) {

  /** Factors a row-major n x n matrix, both triangles given, or empty if it is not definite. */
  public static Optional<Cholesky> of(double[] a, int n) {
    DMatrixRMaj copy = new DMatrixRMaj(n, n);
    System.arraycopy(a, 0, copy.data, 0, n * n);
    CholeskyDecomposition_F64<DMatrixRMaj> factor = DecompositionFactory_DDRM.chol(n, true);
    if (!factor.decompose(copy)) {
      return Optional.empty();
    }
    return Optional.of(new Cholesky(n, factor.getT(null).data.clone()));
  }

  /** Solves {@code A x = b} for one right-hand side of n entries. */
  public double[] solve(double[] b) {
    double[] x = b.clone();
    for (int i = 0; i < n; i++) {
      double sum = x[i];
      for (int j = 0; j < i; j++) {
        sum -= l[i * n + j] * x[j];
      }
      x[i] = sum / l[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
      double sum = x[i];
      for (int j = i + 1; j < n; j++) {
        sum -= l[j * n + i] * x[j];
      }
      x[i] = sum / l[i * n + i];
    }
    return x;
  }

  /** Returns the logarithm of the determinant of A. */
  public double logDeterminant() {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += 2 * Math.log(l[i * n + i]);
    }
    return sum;
  }

  /** Returns the inverse of A, n x n and row-major. */
  public double[] inverse() {
    double[] k = new double[n * n]; // L^-1, row by row
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        double factor = l[i * n + j];
        for (int c = 0; c <= j; c++) {
          k[i * n + c] -= factor * k[j * n + c];
        }
      }
      for (int c = 0; c < i; c++) {
        k[i * n + c] /= l[i * n + i];
      }
      k[i * n + i] = 1 / l[i * n + i];
    }
    double[] out = new double[n * n];
    Gemms.open("auto")
        .gemm()
        .run(GemmShape.of(n, n, n).transposed(true, false), k, 0, k, 0, out, 0);
    return out;
  }
}
