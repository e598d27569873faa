// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import org.rigor.nn.TrialKey;
import org.rigor.tensor.Draws;
import org.rigor.tensor.Philox;

/** Random directions: pure functions of seed and number, the same for every model. */
final class Probes {
  private Probes() {}

  /** Draws Rademacher entries: -1 and 1 with equal probability. */
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

  /** Draws standard normal entries. */
  static double[] normals(long seed, int number, int size) {
    Draws draws = new Draws(seed, TrialKey.site("curvature/normals"), number);
    double[] out = new double[size];
    for (int i = 0; i < size; i++) {
      out[i] = draws.normal();
    }
    return out;
  }
}
