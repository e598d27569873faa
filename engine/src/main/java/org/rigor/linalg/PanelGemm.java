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
  /** Most columns of B packed at a time: 512, and a panel of two vectors of 16 numbers. */
  static final int PACKED_COLUMNS = 544;

  /** Most rows of A packed at a time. */
  static final int PACKED_ROWS = 64;

  /** Most numbers of a register tile of one vector a row. */
  static final int EDGE = 8 * 16;

  private PanelGemm() {}

  /** Float form. */
  public interface OfFloat {
    /** Returns the numbers that {@link #pack} writes. */
    int packedLength(int n, int k);

    /** Writes all of B as {@link #run} reads it when told that it is packed. */
    void pack(float[] b, int bOff, int ldb, boolean transB, int n, int k, float[] out, int outOff);

    /**
     * Computes one m x n product.
     *
     * @param packed B was written by {@link #pack}; its row stride and {@code transB} are not read
     */
    void run(
        float[] a,
        int aOff,
        int aRow,
        int aStep,
        float[] b,
        int bOff,
        int ldb,
        boolean transB,
        boolean packed,
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

    /**
     * Computes the same for packed B, leaving out what is zero in A.
     *
     * @param a rows of {@code k} neighbours
     * @param least smallest size that a number of A other than zero may have
     * @param values scratch, as are {@code places} and {@code counts}
     * @return whether C is done; no if a number of A is too small
     */
    boolean runSparse(
        float[] a,
        int aOff,
        int aRow,
        float[] b,
        int bOff,
        float[] c,
        int cOff,
        int ldc,
        int m,
        int n,
        int k,
        float least,
        float[] values,
        int[] places,
        int[] counts);
  }

  /** Double form. */
  public interface OfDouble {
    /** Returns the numbers that {@link #pack} writes. */
    int packedLength(int n, int k);

    /** Writes all of B as {@link #run} reads it when told that it is packed. */
    void pack(
        double[] b, int bOff, int ldb, boolean transB, int n, int k, double[] out, int outOff);

    /**
     * Computes one m x n product.
     *
     * @param packed B was written by {@link #pack}; its row stride and {@code transB} are not read
     */
    void run(
        double[] a,
        int aOff,
        int aRow,
        int aStep,
        double[] b,
        int bOff,
        int ldb,
        boolean transB,
        boolean packed,
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
