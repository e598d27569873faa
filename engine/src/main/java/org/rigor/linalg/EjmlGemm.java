// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import org.ejml.data.DMatrixRMaj;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.CommonOps_FDRM;

/**
 * Products by EJML: an independent implementation for comparison, about fifteen times slower than
 * {@link VectorGemm}. It copies its operands, allocates, and rounds in EJML's own order.
 */
public final class EjmlGemm implements Gemm {

  @Override
  public String name() {
    return "ejml";
  }

  @Override
  public boolean fixedRounding() {
    return false;
  }

  @Override
  public void run(
      GemmShape s,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int fromRow,
      int toRow) {
    s.check(a.length, aOff, b.length, bOff, c.length, cOff, fromRow, toRow);
    for (int r = fromRow; r < toRow; ) {
      int t = r / s.m();
      int i = r - t * s.m();
      int rows = Math.min(s.m() - i, toRow - r);
      FMatrixRMaj x = new FMatrixRMaj(rows, s.k());
      FMatrixRMaj y = new FMatrixRMaj(s.k(), s.n());
      for (int q = 0; q < rows; q++) {
        for (int p = 0; p < s.k(); p++) {
          x.set(q, p, a[aOff + t * s.strideA() + indexA(s, i + q, p)]);
        }
      }
      for (int p = 0; p < s.k(); p++) {
        for (int j = 0; j < s.n(); j++) {
          y.set(p, j, b[bOff + t * s.strideB() + indexB(s, p, j)]);
        }
      }
      FMatrixRMaj z = new FMatrixRMaj(rows, s.n());
      CommonOps_FDRM.mult(x, y, z);
      for (int q = 0; q < rows; q++) {
        for (int j = 0; j < s.n(); j++) {
          int at = cOff + t * s.strideC() + (i + q) * s.ldc() + j;
          c[at] = s.accumulate() ? c[at] + z.get(q, j) : z.get(q, j);
        }
      }
      r += rows;
    }
  }

  @Override
  public void run(
      GemmShape s,
      double[] a,
      int aOff,
      double[] b,
      int bOff,
      double[] c,
      int cOff,
      int fromRow,
      int toRow) {
    s.check(a.length, aOff, b.length, bOff, c.length, cOff, fromRow, toRow);
    for (int r = fromRow; r < toRow; ) {
      int t = r / s.m();
      int i = r - t * s.m();
      int rows = Math.min(s.m() - i, toRow - r);
      DMatrixRMaj x = new DMatrixRMaj(rows, s.k());
      DMatrixRMaj y = new DMatrixRMaj(s.k(), s.n());
      for (int q = 0; q < rows; q++) {
        for (int p = 0; p < s.k(); p++) {
          x.set(q, p, a[aOff + t * s.strideA() + indexA(s, i + q, p)]);
        }
      }
      for (int p = 0; p < s.k(); p++) {
        for (int j = 0; j < s.n(); j++) {
          y.set(p, j, b[bOff + t * s.strideB() + indexB(s, p, j)]);
        }
      }
      DMatrixRMaj z = new DMatrixRMaj(rows, s.n());
      CommonOps_DDRM.mult(x, y, z);
      for (int q = 0; q < rows; q++) {
        for (int j = 0; j < s.n(); j++) {
          int at = cOff + t * s.strideC() + (i + q) * s.ldc() + j;
          c[at] = s.accumulate() ? c[at] + z.get(q, j) : z.get(q, j);
        }
      }
      r += rows;
    }
  }

  private static int indexA(GemmShape s, int i, int p) {
    return s.transA() ? p * s.lda() + i : i * s.lda() + p;
  }

  private static int indexB(GemmShape s, int p, int j) {
    return s.transB() ? j * s.ldb() + p : p * s.ldb() + j;
  }
}
