// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.Arrays;

/**
 * Traces of the Hessians of a {@link LossSurface}.
 *
 * @param value of each model, [M]
 * @param standardError of each value, [M]; 0 for an exact trace, which has only rounding errors
 */
public record HessianTrace(double[] value, double[] standardError) {
  /** Directions per run. */
  private static final int AT_ONCE = 16;

  /** Computes the sum of the diagonal, with one Hessian product per parameter. */
  public static HessianTrace exact(LossSurface surface) {
    double[] trace = new double[surface.models()];
    double[][][] h = hessian(surface);
    for (int m = 0; m < trace.length; m++) {
      for (int i = 0; i < h[m].length; i++) {
        trace[m] += h[m][i][i];
      }
    }
    return new HessianTrace(trace, new double[trace.length]);
  }

  /** Computes full Hessians, [M][P][P]; for tiny networks. */
  public static double[][][] hessian(LossSurface surface) {
    int p = surface.vector().size();
    double[][][] out = new double[surface.models()][p][];
    for (int from = 0; from < p; from += AT_ONCE) {
      double[][] some = new double[AT_ONCE][p];
      for (int i = 0; i < AT_ONCE; i++) {
        some[i][Math.min(p - 1, from + i)] = 1;
      }
      double[][][] columns = surface.hessianTimes(same(surface, some));
      for (int m = 0; m < out.length; m++) {
        for (int i = 0; i < AT_ONCE && from + i < p; i++) {
          out[m][from + i] = columns[m][i];
        }
      }
    }
    return out;
  }

  /**
   * Estimates the trace by the mean of v'Hv over random signs v (Hutchinson 1990). All models share
   * the signs, so differences between models have smaller errors than the traces.
   *
   * @param probes number of directions, at least 2
   * @throws IllegalArgumentException if there are fewer
   */
  public static HessianTrace hutchinson(LossSurface surface, int probes, long seed) {
    if (probes < 2) {
      throw new IllegalArgumentException(
          "hutchinson: a standard error needs at least 2 probes, got " + probes);
    }
    int models = surface.models();
    double[][] found = new double[models][probes];
    for (int from = 0; from < probes; from += AT_ONCE) {
      double[][] some = new double[AT_ONCE][];
      for (int i = 0; i < AT_ONCE; i++) {
        some[i] = Probes.signs(seed, Math.min(probes - 1, from + i), surface.vector().size());
      }
      double[][][] products = surface.hessianTimes(same(surface, some));
      for (int m = 0; m < models; m++) {
        for (int i = 0; i < AT_ONCE && from + i < probes; i++) {
          found[m][from + i] = Vectors.dot(some[i], products[m][i]);
        }
      }
    }
    return of(found);
  }

  private static double[][][] same(LossSurface surface, double[][] vectors) {
    double[][][] all = new double[surface.models()][][];
    Arrays.fill(all, vectors);
    return all;
  }

  /** Returns mean and standard error of rows of draws. */
  static HessianTrace of(double[][] draws) {
    double[] mean = new double[draws.length];
    double[] error = new double[draws.length];
    for (int m = 0; m < draws.length; m++) {
      int n = draws[m].length;
      double centre = Arrays.stream(draws[m]).sum() / n;
      double squares = Arrays.stream(draws[m]).map(v -> (v - centre) * (v - centre)).sum();
      mean[m] = centre;
      error[m] = Math.sqrt(squares / (n - 1) / n);
    }
    return new HessianTrace(mean, error);
  }
}
