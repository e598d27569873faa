// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import org.rigor.tensor.DType;

/**
 * Matrix products on plain arrays, single-threaded and thread-safe: a caller splits a product by
 * giving row ranges to its own threads.
 *
 * <p>Rounding is part of the contract of every provider whose {@link #fixedRounding()} is true. The
 * inner extent is cut into blocks of {@link #BLOCK}. The sum of a block is the chain {@code s =
 * fma(a, b, s)} from {@code s = +0} over ascending k. With beta = 0 the element is {@code ((b0 +
 * b1) + b2) + ...}; with beta = 1 it is {@code ((c + b0) + b1) + ...}, the old value first. So an
 * element has the same bits whatever its position, the row range, the lane width and the thread
 * count; only the payload of a NaN is left open.
 */
public interface Gemm {

  /** Numbers of the inner extent that are summed in one fma chain. */
  int BLOCK = 256;

  /** Returns the provider's name, for reports: {@code scalar}, {@code vector-512}, {@code ejml}. */
  String name();

  /**
   * Returns whether results obey the rounding rule above and so agree bit by bit between providers.
   */
  boolean fixedRounding();

  /** Begins, in the background, whatever makes products of a type fast. */
  default void prepare(DType type) {}

  /**
   * Computes rows {@code fromRow} to {@code toRow} of C. Row {@code r} is row {@code r % m} of
   * product {@code r / m}.
   *
   * @param fromRow first row, at least 0
   * @param toRow one past the last row, at most {@link GemmShape#rows()}
   * @throws IndexOutOfBoundsException if an operand or the range does not fit
   */
  void run(
      GemmShape shape,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int fromRow,
      int toRow);

  /** Computes the same in double. */
  void run(
      GemmShape shape,
      double[] a,
      int aOff,
      double[] b,
      int bOff,
      double[] c,
      int cOff,
      int fromRow,
      int toRow);

  /**
   * Returns the right operand as {@link #runPacked} reads it, or null where that would gain nothing
   * (yet).
   *
   * @param reuse an earlier result for the same shape, to be overwritten, or null
   */
  default float[] pack(GemmShape shape, float[] b, int bOff, float[] reuse) {
    return null;
  }

  /** Packs the same in double. */
  default double[] pack(GemmShape shape, double[] b, int bOff, double[] reuse) {
    return null;
  }

  /**
   * Computes rows like {@code run}, with the same bits, for a right operand from {@code pack}.
   *
   * @throws IndexOutOfBoundsException if an operand or the range does not fit
   */
  default void runPacked(
      GemmShape shape,
      float[] a,
      int aOff,
      float[] packed,
      float[] c,
      int cOff,
      int fromRow,
      int toRow) {
    throw new UnsupportedOperationException(name() + " packs no operands");
  }

  /** Computes the same in double. */
  default void runPacked(
      GemmShape shape,
      double[] a,
      int aOff,
      double[] packed,
      double[] c,
      int cOff,
      int fromRow,
      int toRow) {
    throw new UnsupportedOperationException(name() + " packs no operands");
  }

  /** Takes finished rows of a product, in any order; a row that comes twice has the same bits. */
  interface Rows {
    /**
     * @param row its number in the product
     * @param values holds it from {@code at} on, until this returns
     */
    void take(int row, double[] values, int at);
  }

  /**
   * Computes rows like {@code runPacked} and hands them on while they are in cache. What C holds
   * afterwards is not said; a row of it begins {@code ldc} after the one before, in all products.
   *
   * @param reader takes the rows; null to leave them in C
   */
  default void runPacked(
      GemmShape shape,
      double[] a,
      int aOff,
      double[] packed,
      double[] c,
      int cOff,
      int fromRow,
      int toRow,
      Rows reader) {
    runPacked(shape, a, aOff, packed, c, cOff, fromRow, toRow);
    for (int r = fromRow; reader != null && r < toRow; r++) {
      reader.take(r, c, cOff + r * shape.ldc());
    }
  }

  /** Computes all rows. */
  default void run(GemmShape shape, float[] a, int aOff, float[] b, int bOff, float[] c, int cOff) {
    run(shape, a, aOff, b, bOff, c, cOff, 0, shape.rows());
  }

  /** Computes all rows. */
  default void run(
      GemmShape shape, double[] a, int aOff, double[] b, int bOff, double[] c, int cOff) {
    run(shape, a, aOff, b, bOff, c, cOff, 0, shape.rows());
  }
}
