// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * The interfaces of the generated vector code: one product, operands by row and column steps.
 * Public only because generated classes live in another class loader; nothing else implements them.
 *
 * <p>Element (i, p) of A is {@code a[aOff + i * aRow + p * aStep]}. The pack and edge arrays are
 * scratch of the calling thread; their sizes are the constants here.
 */
public final class PanelGemm {
  /** Columns of B packed at a time. */
  static final int PACKED_COLUMNS = 512;

  /** Most rows of a register tile. */
  static final int MAX_ROWS = 16;

  /** Most columns of a register tile: two vectors of 16 numbers. */
  static final int MAX_COLUMNS = 32;

  private PanelGemm() {}

  /** Float form. */
  public interface OfFloat {
    /** Computes one m x n product. */
    void run(
        float[] a,
        int aOff,
        int aRow,
        int aStep,
        float[] b,
        int bOff,
        int ldb,
        boolean transB,
        float[] c,
        int cOff,
        int ldc,
        int m,
        int n,
        int k,
        boolean accumulate,
        float[] packA,
        float[] packB,
        float[] edge);
  }

  /** Double form. */
  public interface OfDouble {
    /** Computes one m x n product. */
    void run(
        double[] a,
        int aOff,
        int aRow,
        int aStep,
        double[] b,
        int bOff,
        int ldb,
        boolean transB,
        double[] c,
        int cOff,
        int ldc,
        int m,
        int n,
        int k,
        boolean accumulate,
        double[] packA,
        double[] packB,
        double[] edge);
  }
}
