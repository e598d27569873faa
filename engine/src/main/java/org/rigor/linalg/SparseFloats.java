// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * Tells when a product of floats may leave out the zeros of its left operand, and when that pays:
 * behind a ReLU most neurons of a robust network are off, and so are their gradients.
 *
 * <p>Bits are those of the whole product. A step {@code fma(0, b, s)} leaves every s as it is but
 * -0, if b is finite. No s is -0: sums start from +0 and cancel to +0, and no step rounds to zero
 * where products are multiples of 2^-149. A float of at least 2^e is a multiple of 2^(e - 23), so
 * they are where the exponents of both factors add up to 2 * 23 - 149.
 */
final class SparseFloats {
  /** Columns of the result below which a look at the left operand costs too much. */
  private static final int WIDE = 64;

  /** Rows looked at to guess how many numbers are zero. */
  private static final int LOOKS = 8;

  private SparseFloats() {}

  /**
   * Returns the least size that numbers of A other than zero need where B is {@code b}; infinity
   * where a number of B is not finite.
   */
  static float least(float[] b, int length) {
    float least = Float.POSITIVE_INFINITY;
    boolean finite = true;
    for (int i = 0; i < length; i++) {
      float x = Math.abs(b[i]);
      finite &= x <= Float.MAX_VALUE;
      least = x != 0 && x < least ? x : least;
    }
    return finite
        ? Math.scalb(1f, 2 * 23 - 149 - Math.getExponent(least))
        : Float.POSITIVE_INFINITY;
  }

  /**
   * Computes rows of a product if that is likely to pay.
   *
   * @param packed followed by its {@link #least}
   * @return whether they are done
   */
  static boolean run(
      PanelGemm.OfFloat kernel,
      PanelScratch mine,
      GemmShape s,
      float[] a,
      int aOff,
      float[] packed,
      float[] c,
      int cOff,
      int fromRow,
      int toRow) {
    float least = packed[packed.length - 1];
    int x = aOff + fromRow * s.lda();
    int y = cOff + fromRow * s.ldc();
    int m = toRow - fromRow;
    return least < Float.POSITIVE_INFINITY
        && pays(s, a, aOff, fromRow, toRow)
        && run(kernel, mine, s, a, x, packed, c, y, m, least);
  }

  private static boolean run(
      PanelGemm.OfFloat kernel,
      PanelScratch mine,
      GemmShape s,
      float[] a,
      int x,
      float[] packed,
      float[] c,
      int y,
      int m,
      float least) {
    return kernel.runSparse(
        a,
        x,
        s.lda(),
        packed,
        0,
        c,
        y,
        s.ldc(),
        m,
        s.n(),
        s.k(),
        least,
        mine.packAFloat,
        mine.places,
        mine.counts);
  }

  /**
   * Runs a kernel, if there is one, on a product that takes every branch.
   *
   * @param a becomes an operand of mostly zeros
   */
  static void warm(
      PanelGemm.OfFloat kernel, PanelScratch mine, int bits, float[] a, float[] b, float[] c) {
    if (kernel == null) {
      return;
    }
    for (int i = 0; i < a.length; i += 5) {
      a[i] = 1;
    }
    int lanes = bits / Float.SIZE;
    GemmShape s = GemmShape.of(40, 10 * lanes - 1, Gemm.BLOCK + lanes + 3);
    run(kernel, mine, s, a, 0, b, c, 0, s.m(), 0);
  }

  /** Returns whether rows of a product are likely to gain: one in eight numbers is not zero. */
  static boolean pays(GemmShape s, float[] a, int aOff, int fromRow, int toRow) {
    boolean oneB = s.count() == 1 || s.foldsToRows();
    int m = toRow - fromRow;
    if (!oneB || s.transA() || s.accumulate() || s.n() < WIDE || m < 2 * LOOKS) {
      return false;
    }
    int most = LOOKS * s.k() / 8;
    int some = 0;
    for (int look = 0; look < LOOKS && some <= most; look++) {
      int at = aOff + (fromRow + look * (m / LOOKS)) * s.lda();
      for (int p = 0; p < s.k(); p++) {
        some += a[at + p] != 0 ? 1 : 0;
      }
    }
    return some <= most;
  }
}
