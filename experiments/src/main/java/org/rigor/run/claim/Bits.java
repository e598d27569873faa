// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

/**
 * Which images a network classifies correctly, as bits, split into two halves. The split has no
 * period: when classes alternate, as in generated data, a periodic one would put whole classes in
 * one half.
 */
final class Bits {
  /** Selects both halves. */
  static final int ALL = 2;

  private final long[][] words;
  private final int[] right = new int[3];
  private final int[] counts = new int[3];

  /**
   * @param correct 1 or 0 per image
   */
  Bits(double[] correct) {
    this.words = new long[2][(correct.length + 63) / 64];
    for (int i = 0; i < correct.length; i++) {
      int half = half(i);
      int at = counts[half]++;
      if (correct[i] > 0) {
        words[half][at / 64] |= 1L << (at % 64);
        right[half]++;
        right[ALL]++;
      }
    }
    counts[ALL] = correct.length;
  }

  /**
   * Returns the first bit of the image's multiple of the golden ratio, which balances the halves
   * for any period.
   */
  static int half(int image) {
    return (int) (image * 0x9E3779B97F4A7C15L >>> 63);
  }

  /**
   * @param half 0, 1 or {@link #ALL}
   */
  double share(int half) {
    return (double) right[half] / counts[half];
  }

  /** Returns the paired shares of two networks on one half of the images, or on all. */
  static Evidence.Images pair(Bits a, Bits b, int half) {
    int both = half == ALL ? joint(a, b, 0) + joint(a, b, 1) : joint(a, b, half);
    int n = a.counts[half];
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
