// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.List;
import org.rigor.linalg.SpectralNorm;

/** Ground truth for small ReLU networks: dense matrices multiplied out on the host. */
final class Patterns {
  private Patterns() {}

  /** Largest spectral norm over all activation patterns, reachable or not. */
  static double all(List<double[][]> w) {
    double best = 0;
    int hidden = w.subList(0, w.size() - 1).stream().mapToInt(m -> m.length).sum();
    for (long s = 0; s < 1L << hidden; s++) {
      best = Math.max(best, norm(product(w, s)));
    }
    return best;
  }

  /** Jacobian at a point, by the rule relu'(z) = 1 for z above 0 and else 0. */
  static double[][] jacobian(List<double[][]> w, List<double[]> b, double[] x) {
    double[] h = x;
    long s = 0;
    int bit = 0;
    for (int i = 0; i < w.size() - 1; i++) {
      double[] z = new double[w.get(i).length];
      for (int r = 0; r < z.length; r++) {
        z[r] = b.get(i)[r];
        for (int c = 0; c < h.length; c++) {
          z[r] += w.get(i)[r][c] * h[c];
        }
        s |= z[r] > 0 ? 1L << bit : 0;
        bit++;
        z[r] = Math.max(0, z[r]);
      }
      h = z;
    }
    return product(w, s);
  }

  static double norm(double[][] m) {
    return SpectralNorm.svd(Traced.flat(m), m.length, m[0].length);
  }

  /** Largest absolute row sum. */
  static double rowSum(double[][] m) {
    double best = 0;
    for (double[] row : m) {
      double sum = 0;
      for (double v : row) {
        sum += Math.abs(v);
      }
      best = Math.max(best, sum);
    }
    return best;
  }

  static double[][] product(List<double[][]> w, long pattern) {
    double[][] j = w.get(0);
    int bit = 0;
    for (int i = 1; i < w.size(); i++) {
      double[][] next = new double[w.get(i).length][j[0].length];
      for (int k = 0; k < j.length; k++, bit++) {
        if ((pattern >> bit & 1) != 0) {
          for (int r = 0; r < next.length; r++) {
            for (int c = 0; c < next[r].length; c++) {
              next[r][c] += w.get(i)[r][k] * j[k][c];
            }
          }
        }
      }
      j = next;
    }
    return j;
  }
}
