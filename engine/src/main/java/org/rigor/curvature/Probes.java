// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import org.rigor.nn.TrialKey;
import org.rigor.tensor.Philox;

/** Random directions: pure functions of seed and number, the same for every model. */
final class Probes {
  private Probes() {}

  /** Rademacher: entries -1 and 1 with equal probability. */
  static double[] signs(long seed, int number, int size) {
    double[] out = new double[size];
    int[] words = new int[4];
    TrialKey key = TrialKey.of(seed, "curvature");
    int site = TrialKey.site("curvature/signs");
    for (int i = 0; i < size; i++) {
      if (i % 128 == 0) {
        Philox.block(i / 128, number, 0, site, key.k0(), key.k1(), words, 0);
      }
      out[i] = (words[i % 128 / 32] >>> (i % 32) & 1) == 0 ? -1 : 1;
    }
    return out;
  }

  /** Standard normal, Box and Muller's transform. */
  static double[] normals(long seed, int number, int size) {
    double[] out = new double[size];
    int[] words = new int[4];
    TrialKey key = TrialKey.of(seed, "curvature");
    int site = TrialKey.site("curvature/normals");
    for (int i = 0; i < size; i++) {
      Philox.block(i, number, 0, site, key.k0(), key.k1(), words, 0);
      double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - Philox.toDouble(words[0], words[1])));
      double angle = 2 * StrictMath.PI * Philox.toDouble(words[2], words[3]);
      out[i] = radius * StrictMath.cos(angle);
    }
    return out;
  }
}
