// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.Random;
import org.rigor.linalg.SpectralNorm;
import org.rigor.nn.Sequential;
import org.rigor.threat.Norm;

/** Searches the truth in plain Java: low margins and steep slopes. */
final class Hunter {
  private static final int SAMPLES = 24;
  private static final int ASCENTS = 2;
  private static final int STEPS = 6;

  private Hunter() {}

  /** Smallest margins found in the regions: random points and corners, then descent by signs. */
  static double[] leastMargins(Margins m, Random r) {
    double[] least = m.at(m.x);
    double[] best = m.x.clone();
    int d = m.features();
    for (int s = 0; s < SAMPLES; s++) {
      improve(m, m.points(r), least, best);
    }
    for (int a = 0; a < ASCENTS; a++) {
      double[] x = a == 0 ? best.clone() : m.points(r);
      for (int step = 0; step < STEPS; step++) {
        double[] slope = new double[x.length];
        double[] here = m.at(x);
        for (int f = 0; f < d; f++) {
          double[] moved = x.clone();
          for (int i = 0; i < here.length; i++) {
            moved[i * d + f] += 1e-6;
          }
          double[] there = m.at(moved);
          for (int i = 0; i < here.length; i++) {
            slope[i * d + f] = there[i] - here[i];
          }
        }
        x = m.stepped(x, slope, step == 0 ? 2 : 0.5);
        improve(m, x, least, best);
      }
    }
    return least;
  }

  private static void improve(Margins m, double[] x, double[] least, double[] best) {
    double[] at = m.at(x);
    int d = m.features();
    for (int i = 0; i < at.length; i++) {
      if (at[i] < least[i]) {
        least[i] = at[i];
        System.arraycopy(x, i * d, best, i * d, d);
      }
    }
  }

  /** Largest slope found between two points, near ones along coordinates and far ones. */
  static double steepest(Plain plain, Sequential net, Norm norm, Random r) {
    int d = (int) net.input().size();
    double most = 0;
    for (int s = 0; s < 6; s++) {
      double scale = Math.pow(10, 1 - s / 2.0);
      double[] x = r.doubles(d, -scale, scale).toArray();
      double[] z = x.clone();
      for (int i = 0; i < d; i++) {
        z[i] += scale * (s % 2 == 0 ? r.nextGaussian() : r.nextBoolean() ? 0.01 : -0.01);
      }
      double[] y = plain.network(net, x);
      double[] w = plain.network(net, z);
      most = Math.max(most, distance(y, w, norm) / distance(x, z, norm));
      if (s % 3 == 0) {
        most = Math.max(most, slope(plain, net, norm, x, 1e-5) * (1 - 1e-6));
      }
    }
    return most;
  }

  private static double distance(double[] a, double[] b, Norm norm) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double gap = Math.abs(a[i] - b[i]);
      sum = norm == Norm.L2 ? sum + gap * gap : Math.max(sum, gap);
    }
    return norm == Norm.L2 ? Math.sqrt(sum) : sum;
  }

  /** Norm of the Jacobian by central differences. */
  static double slope(Plain plain, Sequential net, Norm norm, double[] x, double step) {
    int d = x.length;
    int k = net.outputs();
    double[] j = new double[d * k];
    for (int i = 0; i < d; i++) {
      double[] up = x.clone();
      double[] down = x.clone();
      up[i] += step;
      down[i] -= step;
      double[] a = plain.network(net, up);
      double[] b = plain.network(net, down);
      for (int o = 0; o < k; o++) {
        j[i * k + o] = (a[o] - b[o]) / (2 * step);
      }
    }
    if (norm == Norm.L2) {
      return SpectralNorm.svd(j, d, k);
    }
    double[] rows = new double[k];
    for (int i = 0; i < j.length; i++) {
      rows[i % k] += Math.abs(j[i]);
    }
    return Arrays.stream(rows).max().getAsDouble();
  }
}
