// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

/** Which images a network gets right, as bits: those with even and with odd index apart. */
final class Bits {
  /** Both halves. */
  static final int ALL = 2;

  private final long[][] words;
  private final int[] right = new int[3];
  private final int n;

  /**
   * @param correct 1 or 0 per image
   */
  Bits(double[] correct) {
    this.n = correct.length;
    int half = (n + 1) / 2;
    this.words = new long[2][(half + 63) / 64];
    for (int i = 0; i < n; i++) {
      if (correct[i] > 0) {
        words[i % 2][i / 2 / 64] |= 1L << (i / 2 % 64);
        right[i % 2]++;
        right[ALL]++;
      }
    }
  }

  private int count(int half) {
    return half == ALL ? n : half == 0 ? (n + 1) / 2 : n / 2;
  }

  /**
   * @param half 0 for even images, 1 for odd ones, {@link #ALL}
   */
  double share(int half) {
    return (double) right[half] / count(half);
  }

  /** Shares of two networks on a half of the images, or on all. */
  static Evidence.Images pair(Bits a, Bits b, int half) {
    int both = half == ALL ? joint(a, b, 0) + joint(a, b, 1) : joint(a, b, half);
    int n = a.count(half);
    return new Evidence.Images(a.share(half), b.share(half), (double) both / n, n, true);
  }

  private static int joint(Bits a, Bits b, int half) {
    int sum = 0;
    for (int w = 0; w < a.words[half].length; w++) {
      sum += Long.bitCount(a.words[half][w] & b.words[half][w]);
    }
    return sum;
  }
}
