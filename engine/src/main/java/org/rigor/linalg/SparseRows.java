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
  /** Rows that share one choice of columns: their result stays in the cache until copied. */
  private static final int ROWS = 64;

  /** Rows by which a period is judged. */
  private static final int JUDGED = 16;

  /** Longest period tried. */
  private static final int LONGEST = 64;

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
  private double[] zeros = {};

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
   * @param reader takes the rows
   * @return whether they are done; no if a number is too small
   */
  boolean run(
      GemmShape s,
      double[] a,
      int aOff,
      double[] packed,
      int panel,
      Gemm.Rows reader,
      int fromRow,
      int toRow,
      Dense dense) {
    int padded = (s.n() + panel - 1) / panel * panel;
    if (right.length < Gemm.BLOCK * padded) {
      right = new double[Gemm.BLOCK * padded];
      result = new double[ROWS * padded];
      zeros = new double[padded];
    }
    int period = period(s, a, aOff, fromRow, toRow);
    for (int phase = 0; phase < period; phase++) {
      int found = 0;
      for (int r = fromRow + phase; r < toRow; r += period) {
        int at = aOff + r * s.lda();
        if (isZero(a, at, s.k())) {
          reader.take(r, zeros, 0);
        } else if (hasTiny(a, at, s.k())) {
          return false;
        } else {
          rows[found++] = r;
        }
        if (found == ROWS || found > 0 && r + period >= toRow) {
          group(s, a, aOff, packed, panel, found, dense);
          for (int i = 0; i < found; i++) {
            reader.take(rows[i], result, i * s.n());
          }
          found = 0;
        }
      }
    }
    return true;
  }

  /**
   * Computes rows as {@link ScalarGemm} does, with the same bits, but skips zeros where that pays.
   */
  void scalar(
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
    int n = s.n();
    boolean dense = bOff == 0 && s.ldb() == n && !s.transB(); // one panel as wide as the matrix
    Gemm.Rows copy = (row, from, at) -> System.arraycopy(from, at, c, cOff + row * s.ldc(), n);
    Dense rest =
        (left, k, right, out, m, add) -> {
          GemmShape part = add ? GemmShape.of(m, n, k).accumulating() : GemmShape.of(m, n, k);
          ScalarGemm.INSTANCE.run(part, left, 0, right, 0, out, 0);
        };
    if (!dense
        || !pays(s, a, aOff, fromRow, toRow)
        || !tame(b, s.k() * n)
        || !run(s, a, aOff, b, n, copy, fromRow, toRow, rest)) {
      ScalarGemm.INSTANCE.run(s, a, aOff, b, bOff, c, cOff, fromRow, toRow);
    }
  }

  /**
   * Returns the distance, a power of two, of rows that have most columns of zeros in common:
   * samples of a batch, each with neurons of its own that are dead, take turns.
   */
  private int period(GemmShape s, double[] a, int aOff, int fromRow, int toRow) {
    int best = 1;
    int fewest = Integer.MAX_VALUE;
    for (int period = 1; period <= LONGEST; period *= 2) {
      if (period > 1 && period * JUDGED > toRow - fromRow) {
        break;
      }
      int some = 0;
      for (int k0 = 0; k0 < s.k(); k0 += Gemm.BLOCK) {
        int judged = Math.min(JUDGED, toRow - fromRow);
        for (int i = 0; i < judged; i++) {
          rows[i] = fromRow + i * period;
        }
        some += choose(s, a, aOff + k0, Math.min(Gemm.BLOCK, s.k() - k0), judged);
      }
      if (some < fewest) {
        fewest = some;
        best = period;
      }
    }
    return best;
  }

  /** Returns whether a row is zero; in four sums, which do not wait for each other. */
  private static boolean isZero(double[] a, int at, int k) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int p = at;
    for (; p + 4 <= at + k; p += 4) {
      s0 += Math.abs(a[p]);
      s1 += Math.abs(a[p + 1]);
      s2 += Math.abs(a[p + 2]);
      s3 += Math.abs(a[p + 3]);
    }
    for (; p < at + k; p++) {
      s0 += Math.abs(a[p]);
    }
    return s0 + s1 + s2 + s3 == 0;
  }

  private static boolean hasTiny(double[] a, int at, int k) {
    for (int p = at; p < at + k; p++) {
      double x = Math.abs(a[p]);
      if (x < LEAST && x != 0) {
        return true;
      }
    }
    return false;
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
