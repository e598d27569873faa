// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import org.rigor.tensor.Philox;

/** Uniform numbers as a pure function of (seed, site, index), in sequence. */
final class Draws {
  private final int[] words = new int[4];
  private final long seed;
  private final int site;
  private final int index;
  private int block;
  private int used = 4;

  Draws(long seed, int site, int index) {
    this.seed = seed;
    this.site = site;
    this.index = index;
  }

  private int word() {
    if (used == 4) {
      Philox.block(block++, index, site, 0, (int) seed, (int) (seed >>> 32), words, 0);
      used = 0;
    }
    return words[used++];
  }

  /** In [0, 1), 53 bits. */
  double uniform() {
    int high = word();
    return Philox.toDouble(high, word());
  }

  /** In 0 .. n-1; the bias of the product is below n / 2^53. */
  int below(int n) {
    return (int) (uniform() * n);
  }
}
