// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * Shape of a batch of matrix products {@code C_t (+)= A_t B_t}, {@code t = 0 .. count-1}, on
 * row-major arrays. A_t is m x k, B_t is k x n, C_t is m x n.
 *
 * @param m rows of each C, at least 0
 * @param n columns of each C, at least 0
 * @param k inner extent, at least 0; 0 makes the product zero
 * @param transA A is stored transposed, as k rows of m numbers
 * @param transB B is stored transposed, as n rows of k numbers
 * @param lda numbers from one stored row of A to the next
 * @param ldb numbers from one stored row of B to the next
 * @param ldc numbers from one row of C to the next
 * @param accumulate add to C (beta = 1) instead of overwriting it (beta = 0; C is then not read)
 * @param count number of products, at least 0
 * @param strideA numbers from A_t to A_t+1; 0 shares one A
 * @param strideB numbers from B_t to B_t+1; 0 shares one B
 * @param strideC numbers from C_t to C_t+1
 */
public record GemmShape(
    int m,
    int n,
    int k,
    boolean transA,
    boolean transB,
    int lda,
    int ldb,
    int ldc,
    boolean accumulate,
    int count,
    int strideA,
    int strideB,
    int strideC) {

  /** Refuses negative extents, row strides shorter than a row, and products that overlap in C. */
  public GemmShape {
    require(m >= 0 && n >= 0 && k >= 0 && count >= 0, "extents and count must not be negative");
    require((long) m * count <= Integer.MAX_VALUE, "count x m must fit an int");
    require(strideA >= 0 && strideB >= 0 && strideC >= 0, "strides must not be negative");
    requireRow("lda", lda, transA ? m : k);
    requireRow("ldb", ldb, transB ? k : n);
    requireRow("ldc", ldc, n);
    require(
        count <= 1 || m == 0 || n == 0 || strideC >= (long) (m - 1) * ldc + n,
        "strideC lets the products of the batch overlap");
  }

  /** Returns the shape of one product of contiguous matrices. */
  public static GemmShape of(int m, int n, int k) {
    return new GemmShape(m, n, k, false, false, k, n, n, false, 1, 0, 0, 0);
  }

  /** Returns the same product with operands stored transposed and contiguous. */
  public GemmShape transposed(boolean transA, boolean transB) {
    return new GemmShape(
        m,
        n,
        k,
        transA,
        transB,
        transA ? m : k,
        transB ? k : n,
        ldc,
        accumulate,
        count,
        strideA,
        strideB,
        strideC);
  }

  /** Returns the same product with other row strides. */
  public GemmShape withRowStrides(int lda, int ldb, int ldc) {
    return new GemmShape(
        m, n, k, transA, transB, lda, ldb, ldc, accumulate, count, strideA, strideB, strideC);
  }

  /** Returns the same product, added to C. */
  public GemmShape accumulating() {
    return new GemmShape(
        m, n, k, transA, transB, lda, ldb, ldc, true, count, strideA, strideB, strideC);
  }

  /** Returns a batch of such products; stride 0 shares the operand. */
  public GemmShape batched(int count, int strideA, int strideB, int strideC) {
    return new GemmShape(
        m, n, k, transA, transB, lda, ldb, ldc, accumulate, count, strideA, strideB, strideC);
  }

  /**
   * Returns the rows of C over the whole batch: {@code count * m}, the unit in which work is split.
   */
  public int rows() {
    return count * m;
  }

  /**
   * Returns the floating-point operations of the whole batch, a fused multiply-add counted as two.
   */
  public double flops() {
    return flops(rows());
  }

  /** Returns the operations of some of its rows. */
  double flops(int some) {
    return 2.0 * some * n * k;
  }

  /**
   * Returns whether the products of the batch are one product with {@code count * m} rows: B is
   * shared, and the rows of A and C continue in equal steps.
   */
  boolean foldsToRows() {
    return count > 1
        && strideB == 0
        && !transA
        && strideA == (long) m * lda
        && strideC == (long) m * ldc;
  }

  /** Returns the matrices B of the batch: 1 if it shares one. */
  int rightOperands() {
    return strideB == 0 ? 1 : count;
  }

  /**
   * Returns whether B may be packed for many products, which all read it faster so. A single
   * column, or one that would not fit an array, is read as it lies.
   */
  boolean packs(int lanes) {
    return n > 1 && k > 0 && k * (n + 2L * lanes) * rightOperands() < Integer.MAX_VALUE - 8;
  }

  /** Checks that all operands lie inside arrays of the given lengths, and the row range. */
  void check(int aLen, int aOff, int bLen, int bOff, int cLen, int cOff, int fromRow, int toRow) {
    checkRows(aLen, aOff, cLen, cOff, fromRow, toRow);
    if (rows() > 0 && n > 0 && k > 0) {
      operand("B", bLen, bOff, transB ? extent(n, k, ldb, strideB) : extent(k, n, ldb, strideB));
    }
  }

  /** Checks the same with {@code each} numbers of B, packed, for a product. */
  void checkPacked(
      int aLen, int aOff, int bLen, int each, int cLen, int cOff, int fromRow, int toRow) {
    checkRows(aLen, aOff, cLen, cOff, fromRow, toRow);
    operand("B", bLen, 0, (long) each * rightOperands());
  }

  private void checkRows(int aLen, int aOff, int cLen, int cOff, int fromRow, int toRow) {
    if (fromRow < 0 || toRow > rows() || fromRow > toRow) {
      throw new IndexOutOfBoundsException(
          "gemm: rows " + fromRow + " to " + toRow + " requested of " + rows() + " in " + this);
    }
    if (rows() == 0 || n == 0) {
      return;
    }
    operand("C", cLen, cOff, extent(m, n, ldc, strideC));
    if (k > 0) {
      operand("A", aLen, aOff, transA ? extent(k, m, lda, strideA) : extent(m, k, lda, strideA));
    }
  }

  private long extent(int rows, int columns, int rowStride, int stride) {
    return (count - 1L) * stride + (rows - 1L) * rowStride + columns;
  }

  private void operand(String name, int length, int offset, long extent) {
    if (offset < 0 || offset + extent > length) {
      throw new IndexOutOfBoundsException(
          "gemm: operand %s needs %d numbers from offset %d, the array has %d, in %s"
              .formatted(name, extent, offset, length, this));
    }
  }

  private void requireRow(String name, int stride, int row) {
    if (stride < row) {
      throw new IllegalArgumentException(
          "gemm: %s must be at least %d, the length of a stored row; got %d"
              .formatted(name, row, stride));
    }
  }

  private void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(
          "gemm: %s; got m=%d n=%d k=%d count=%d strides %d, %d, %d"
              .formatted(message, m, n, k, count, strideA, strideB, strideC));
    }
  }
}
