// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * Thin singular value decomposition {@code A = U diag(values) V'}, by EJML.
 *
 * @param u rows x k with k = min(rows, columns), orthonormal columns
 * @param values k singular values, largest first
 * @param v columns x k, orthonormal columns
 */
public record Svd(Matrix u, double[] values, Matrix v) {

  /**
   * Decomposes a matrix.
   *
   * @throws ArithmeticException if the iteration does not converge, as for NaN entries
   */
  public static Svd of(Matrix a) {
    for (double x : a.data()) {
      if (!Double.isFinite(x)) {
        throw new ArithmeticException(
            "svd: a %d x %d matrix has the entry %s".formatted(a.rows(), a.cols(), x));
      }
    }
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(a.rows(), a.cols(), true, true, true);
    DMatrixRMaj copy = new DMatrixRMaj(a.rows(), a.cols());
    System.arraycopy(a.data(), 0, copy.data, 0, a.data().length);
    if (!svd.decompose(copy)) {
      throw new ArithmeticException(
          "svd: no convergence for a %d x %d matrix".formatted(a.rows(), a.cols()));
    }
    double[] values = svd.getSingularValues();
    int k = Math.min(a.rows(), a.cols());
    int[] order =
        IntStream.range(0, k)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] sorted = IntStream.of(order).mapToDouble(i -> values[i]).toArray();
    return new Svd(
        columns(svd.getU(null, false), order), sorted, columns(svd.getV(null, false), order));
  }

  private static Matrix columns(DMatrixRMaj from, int[] order) {
    double[] out = new double[from.numRows * order.length];
    for (int r = 0; r < from.numRows; r++) {
      for (int c = 0; c < order.length; c++) {
        out[r * order.length + c] = from.get(r, order[c]);
      }
    }
    return new Matrix(from.numRows, order.length, out);
  }

  /** Returns the number of singular values above {@code tolerance} times the largest. */
  public int rank(double tolerance) {
    int r = 0;
    while (r < values.length && values[r] > tolerance * values[0]) {
      r++;
    }
    return r;
  }

  /** Returns {@code U diag(f) V'} over the first {@code f.length} triples. */
  public Matrix with(double[] f) {
    return u.columns(f.length).scaleColumns(f).times(v.columns(f.length).transpose());
  }
}
