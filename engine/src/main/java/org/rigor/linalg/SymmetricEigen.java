// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Eigenvalues and vectors of a symmetric matrix, by EJML.
 *
 * @param values n eigenvalues, ascending
 * @param vectors n x n, row-major; column i belongs to value i and has length 1
 */
public record SymmetricEigen(double[] values, double[] vectors) {

  /**
   * Decomposes a row-major n x n matrix, of which both triangles are read and must agree.
   *
   * @throws ArithmeticException if the iteration does not converge, as for NaN entries
   */
  public static SymmetricEigen of(double[] a, int n) {
    DMatrixRMaj copy = new DMatrixRMaj(n, n);
    System.arraycopy(a, 0, copy.data, 0, n * n);
    EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
    for (double x : copy.data) {
      if (!Double.isFinite(x)) {
        throw new ArithmeticException("eigen: a " + n + " x " + n + " matrix has the entry " + x);
      }
    }
    if (!eigen.decompose(copy)) {
      throw new ArithmeticException("eigen: no convergence for a " + n + " x " + n + " matrix");
    }
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> eigen.getEigenvalue(i).getReal()))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] values = new double[n];
    double[] vectors = new double[n * n];
    for (int i = 0; i < n; i++) {
      values[i] = eigen.getEigenvalue(order[i]).getReal();
      DMatrixRMaj vector = eigen.getEigenVector(order[i]);
      for (int r = 0; r < n; r++) {
        vectors[r * n + i] = vector.get(r, 0);
      }
    }
    return new SymmetricEigen(values, vectors);
  }
}
