// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import java.util.Arrays;

/** Association of two lists of numbers. */
public final class Ranks {
  private Ranks() {}

  /** Returns the slope of the least-squares line. */
  public static double slope(double[] x, double[] y) {
    double mx = Statistics.mean(x);
    double my = Statistics.mean(y);
    double cross = 0;
    double square = 0;
    for (int i = 0; i < x.length; i++) {
      cross += (x[i] - mx) * (y[i] - my);
      square += (x[i] - mx) * (x[i] - mx);
    }
    return cross / square;
  }

  /** Returns Spearman's rank correlation, with mean ranks for ties; 0 if one list is constant. */
  public static double spearman(double[] x, double[] y) {
    double[] a = ranks(x);
    double[] b = ranks(y);
    double middle = (x.length + 1) / 2.0;
    double cross = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < x.length; i++) {
      cross += (a[i] - middle) * (b[i] - middle);
      first += (a[i] - middle) * (a[i] - middle);
      second += (b[i] - middle) * (b[i] - middle);
    }
    return first == 0 || second == 0 ? 0 : cross / Math.sqrt(first * second);
  }

  private static double[] ranks(double[] v) {
    double[] out = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      double at = v[i];
      double below = Arrays.stream(v).filter(w -> w < at).count();
      double equal = Arrays.stream(v).filter(w -> w == at).count();
      out[i] = below + (equal + 1) / 2;
    }
    return out;
  }
}
