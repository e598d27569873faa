// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

/**
 * Which images a network gets right, as bits, in two halves apart. Which half an image is in has no
 * period: images of classes in turn, as generated data have them, would put a class in each.
 */
final class Bits {
  /** Both halves. */
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

  /** The first bit of multiples of the golden ratio: as many of each, whatever the period. */
  static int half(int image) {
    return (int) (image * 0x9E3779B97F4A7C15L >>> 63);
  }

  /**
   * @param half 0, 1 or {@link #ALL}
   */
  double share(int half) {
    return (double) right[half] / counts[half];
  }

  /** Shares of two networks on a half of the images, or on all. */
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
