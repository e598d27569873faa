// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/** Singular values by EJML: accurate to rounding, but an estimate, not an enclosure. */
public final class SpectralNorm {
  private SpectralNorm() {}

  /** Returns the largest singular value of a row-major matrix; 0 for an empty one. */
  public static double svd(double[] a, int rows, int cols) {
    double[] values = singularValues(a, rows, cols);
    return values.length == 0 ? 0 : values[0];
  }

  /**
   * Returns all min(rows, cols) singular values, largest first.
   *
   * @throws ArithmeticException if the iteration does not converge, as for NaN entries
   */
  public static double[] singularValues(double[] a, int rows, int cols) {
    if (rows == 0 || cols == 0) {
      return new double[0];
    }
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(rows, cols, false, false, true);
    DMatrixRMaj copy = new DMatrixRMaj(rows, cols);
    System.arraycopy(a, 0, copy.data, 0, rows * cols);
    for (double x : copy.data) {
      if (!Double.isFinite(x)) {
        throw new ArithmeticException(
            "svd: a %d x %d matrix has the entry %s".formatted(rows, cols, x));
      }
    }
    if (!svd.decompose(copy)) {
      throw new ArithmeticException(
          "svd: no convergence for a %d x %d matrix".formatted(rows, cols));
    }
    double[] values = Arrays.copyOf(svd.getSingularValues(), svd.numberOfSingularValues());
    Arrays.sort(values);
    for (int i = 0, j = values.length - 1; i < j; i++, j--) {
      double swap = values[i];
      values[i] = values[j];
      values[j] = swap;
    }
    return values;
  }
}
