// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.Arrays;

/**
 * A product whose left operand is nearly all zeros, as the coefficients of a linear bound are:
 * neurons that cannot switch have rows of zeros, dead ones columns. Rows of zeros are skipped, and
 * of the others those columns that are zero in all rows at hand.
 *
 * <p>Bits are those of the whole product. A step {@code fma(0, b, s)} leaves every s as it is but
 * -0, if b is finite. No s is -0: sums start from +0 and cancel to +0, and no step rounds to zero,
 * because all numbers that are not zero are at least {@link #LEAST}, so that products and sums are
 * multiples of at least 2^-904.
 */
final class SparseRows {
  /** Rows that share one choice of columns. */
  private static final int ROWS = 128;

  /** Columns of the result below which a look at the left operand costs too much. */
  private static final int WIDE = 64;

  /** Columns of the result above which the copies of the right operand no longer fit the cache. */
  private static final int WIDEST = 4096;

  /** Rows looked at to guess whether most numbers are zero. */
  private static final int LOOKS = 8;

  static final double LEAST = 0x1p-400;

  private final int[] rows = new int[ROWS];
  private final int[] columns = new int[Gemm.BLOCK];
  private final double[] left = new double[ROWS * Gemm.BLOCK];
  private double[] right = {};
  private double[] result = {};

  /** How to multiply what is left of both operands. */
  interface Dense {
    /** Adds to, or writes, a product of {@code m} rows and inner extent {@code k}. */
    void run(double[] a, int k, double[] packedB, double[] c, int m, boolean accumulate);
  }

  /** Returns whether no product with numbers of at least {@link #LEAST} can go wrong. */
  static boolean tame(double[] packed, int length) {
    boolean tame = true;
    for (int i = 0; i < length; i++) {
      double x = Math.abs(packed[i]);
      tame &= x <= Double.MAX_VALUE && (x >= LEAST || x == 0);
    }
    return tame;
  }

  /** Returns whether rows of a product are likely to gain. */
  static boolean pays(GemmShape s, double[] a, int aOff, int fromRow, int toRow) {
    boolean oneB = s.count() == 1 || s.foldsToRows();
    int m = toRow - fromRow;
    if (!oneB || s.transA() || s.accumulate() || s.n() < WIDE || s.n() > WIDEST || m < 2 * LOOKS) {
      return false;
    }
    int zeros = 0;
    for (int look = 0; look < LOOKS; look++) {
      int at = aOff + (fromRow + look * (m / LOOKS)) * s.lda();
      for (int p = 0; p < s.k(); p++) {
        zeros += a[at + p] == 0 ? 1 : 0;
      }
    }
    return zeros > LOOKS * s.k() / 4 * 3;
  }

  /**
   * Computes rows of a product.
   *
   * @param packed the right operand, {@link #tame}, in panels of {@code panel} columns
   * @return the first row that is left to do, because a number before the next group of rows is too
   *     small, or {@code toRow}
   */
  int run(
      GemmShape s,
      double[] a,
      int aOff,
      double[] packed,
      int panel,
      double[] c,
      int cOff,
      int fromRow,
      int toRow,
      Dense dense) {
    int padded = (s.n() + panel - 1) / panel * panel;
    if (right.length < Gemm.BLOCK * padded) {
      right = new double[Gemm.BLOCK * padded];
      result = new double[ROWS * s.n()];
    }
    int first = fromRow;
    int found = 0;
    for (int r = fromRow; r < toRow; r++) {
      int at = aOff + r * s.lda();
      double largest = 0;
      double least = 1;
      for (int p = 0; p < s.k(); p++) {
        double x = Math.abs(a[at + p]);
        largest = Math.max(largest, x);
        least = Math.min(least, x == 0 ? 1 : x);
      }
      if (least < LEAST) {
        return first;
      }
      if (largest == 0) {
        int row = cOff + r * s.ldc();
        Arrays.fill(c, row, row + s.n(), 0);
      } else {
        rows[found++] = r;
      }
      if (found == ROWS || r + 1 == toRow) {
        group(s, a, aOff, packed, panel, found, dense);
        for (int i = 0; i < found; i++) {
          System.arraycopy(result, i * s.n(), c, cOff + rows[i] * s.ldc(), s.n());
        }
        found = 0;
        first = r + 1;
      }
    }
    return toRow;
  }

  private void group(
      GemmShape s, double[] a, int aOff, double[] packed, int panel, int found, Dense dense) {
    int padded = (s.n() + panel - 1) / panel * panel;
    for (int k0 = 0; k0 < s.k() && found > 0; k0 += Gemm.BLOCK) {
      int kc = Math.min(Gemm.BLOCK, s.k() - k0);
      int some = choose(s, a, aOff + k0, kc, found);
      for (int i = 0; i < found; i++) {
        int at = aOff + rows[i] * s.lda() + k0;
        for (int q = 0; q < some; q++) {
          left[i * some + q] = a[at + columns[q]];
        }
      }
      for (int j = 0; j < padded; j += panel) {
        int from = k0 * padded + j * kc;
        for (int q = 0; q < some; q++) {
          int source = from + columns[q] * panel;
          int to = j * some + q * panel;
          for (int v = 0; v < panel; v++) {
            right[to + v] = packed[source + v];
          }
        }
      }
      if (some > 0) {
        dense.run(left, some, right, result, found, k0 > 0);
      } else if (k0 == 0) {
        Arrays.fill(result, 0, found * s.n(), 0);
      }
    }
  }

  /** Chooses the columns of a block that are not zero in all rows found, and returns how many. */
  private int choose(GemmShape s, double[] a, int start, int kc, int found) {
    boolean[] used = new boolean[kc];
    for (int i = 0; i < found; i++) {
      int at = start + rows[i] * s.lda();
      for (int p = 0; p < kc; p++) {
        used[p] |= a[at + p] != 0;
      }
    }
    int some = 0;
    for (int p = 0; p < kc; p++) {
      columns[some] = p;
      some += used[p] ? 1 : 0;
    }
    return some;
  }
}
