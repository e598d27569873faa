// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.List;

/**
 * CROWN of multilayer perceptrons over a box in plain Java, written from Zhang et al. 2018 with the
 * slopes that {@link Crown} states; rounding is not enclosed.
 */
final class PlainCrown {
  /** One dense layer: y = x W + b, W [inputs][outputs]. */
  record Dense(double[][] weight, double[] bias) {}

  private final List<Dense> layers;
  private final double[] low;
  private final double[] high;
  private final double[][] below;
  private final double[][] above;

  PlainCrown(List<Dense> layers, double[] low, double[] high, boolean hidden) {
    this.layers = layers;
    this.low = low;
    this.high = high;
    this.below = new double[layers.size() - 1][];
    this.above = new double[layers.size() - 1][];
    double[] l = low;
    double[] u = high;
    for (int k = 0; k < below.length; k++) {
      Dense d = layers.get(k);
      below[k] = new double[d.bias.length];
      above[k] = new double[d.bias.length];
      for (int j = 0; j < d.bias.length; j++) {
        double[] unit = new double[d.bias.length];
        unit[j] = 1;
        double[] minus = new double[d.bias.length];
        minus[j] = -1;
        below[k][j] = Math.max(dense(d, unit, l, u), hidden && k > 0 ? lower(k, unit) : -1e300);
        above[k][j] = -Math.max(dense(d, minus, l, u), hidden && k > 0 ? lower(k, minus) : -1e300);
      }
      l = Arrays.stream(below[k]).map(v -> Math.max(v, 0)).toArray();
      u = Arrays.stream(above[k]).map(v -> Math.max(v, 0)).toArray();
    }
  }

  /** Least margin of class {@code y}: CROWN's, or that of intervals of the last units if better. */
  double margin(int y) {
    int last = layers.size() - 1;
    double[] l = Arrays.stream(below[last - 1]).map(v -> Math.max(v, 0)).toArray();
    double[] u = Arrays.stream(above[last - 1]).map(v -> Math.max(v, 0)).toArray();
    double worst = Double.POSITIVE_INFINITY;
    for (int j = 0; j < layers.get(last).bias.length; j++) {
      if (j != y) {
        double[] a = new double[layers.get(last).bias.length];
        a[y] = 1;
        a[j] = -1;
        worst = Math.min(worst, Math.max(lower(last, a), dense(layers.get(last), a, l, u)));
      }
    }
    return worst;
  }

  private static double dense(Dense d, double[] a, double[] l, double[] u) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * d.bias[j];
    }
    return sum + meet(times(d, a), l, u);
  }

  private static double[] times(Dense d, double[] a) {
    double[] out = new double[d.weight.length];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < a.length; j++) {
        out[i] += d.weight[i][j] * a[j];
      }
    }
    return out;
  }

  private static double meet(double[] a, double[] l, double[] u) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * (a[i] > 0 ? l[i] : u[i]);
    }
    return sum;
  }

  /** Least value of a (z of layer k). */
  private double lower(int k, double[] a) {
    double sum = 0;
    for (int at = k; ; at--) {
      Dense d = layers.get(at);
      for (int j = 0; j < a.length; j++) {
        sum += a[j] * d.bias[j];
      }
      a = times(d, a);
      if (at == 0) {
        return sum + meet(a, low, high);
      }
      for (int j = 0; j < a.length; j++) {
        double l = below[at - 1][j];
        double u = above[at - 1][j];
        double chord = u <= 0 ? 0 : l >= 0 ? 1 : u / (u - l);
        double identity = l >= 0 || u > 0 && u >= -l ? 1 : 0;
        sum += a[j] < 0 && l < 0 && u > 0 ? -a[j] * chord * l : 0;
        a[j] *= a[j] > 0 ? identity : chord;
      }
    }
  }
}
