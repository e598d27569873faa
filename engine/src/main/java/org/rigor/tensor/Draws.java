// SPDX-License-Identifier: Apache-2.0
package org.rigor.tensor;

/**
 * A sequence of random numbers that is a pure function of (seed, site, index): Philox blocks with
 * the seed as key and (block, index, site) as counter. {@code StrictMath} keeps every bit equal
 * across platforms.
 */
public final class Draws {
  private final int key0;
  private final int key1;
  private final int site;
  private final int index;
  private final int[] words = new int[4];
  private int block;
  private int used = 4;
  private double spareNormal = Double.NaN;

  /**
   * @param site separates the uses of one seed
   * @param index the sample, or another number within the site
   */
  public Draws(long seed, int site, int index) {
    this.key0 = (int) seed;
    this.key1 = (int) (seed >>> 32);
    this.site = site;
    this.index = index;
  }

  private int word() {
    if (used == 4) {
      Philox.block(block++, index, site, 0, key0, key1, words, 0);
      used = 0;
    }
    return words[used++];
  }

  /** Draws a uniform number in [0, 1) of 53 bits. */
  public double uniform() {
    int high = word();
    return Philox.toDouble(high, word());
  }

  /** Draws a uniform number in [lower, upper). */
  public double uniform(double lower, double upper) {
    return lower + (upper - lower) * uniform();
  }

  /** Draws a uniform integer in 0 .. n-1 without bias (Lemire 2019, with rejection). */
  public int below(int n) {
    long threshold = (1L << 32) % n;
    long product;
    do {
      product = (word() & 0xFFFFFFFFL) * n;
    } while ((product & 0xFFFFFFFFL) < threshold);
    return (int) (product >>> 32);
  }

  /** Draws a standard normal number (Box and Muller 1958). */
  public double normal() {
    if (!Double.isNaN(spareNormal)) {
      double z = spareNormal;
      spareNormal = Double.NaN;
      return z;
    }
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform()));
    double angle = 2 * StrictMath.PI * uniform();
    spareNormal = radius * StrictMath.sin(angle);
    return radius * StrictMath.cos(angle);
  }

  /** Shuffles in place (Fisher and Yates). */
  public void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = below(i + 1);
      int v = values[i];
      values[i] = values[j];
      values[j] = v;
    }
  }
}
