// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.Optional;
import org.rigor.linalg.Cholesky;
import org.rigor.linalg.GemmShape;
import org.rigor.linalg.SharedGemm;
import org.rigor.linalg.SymmetricEigen;

/**
 * The matrix M of LipSDP-Neuron (Fazlyab et al. 2019) as a function of rho and of a multiplier
 * lambda_k of each unit, with blocks {@code rho I} of the inputs, {@code 2 Lambda_i} of the units,
 * {@code -(a_i + b_i) Lambda_i W_i} beside them, {@code 2 a_i b_i W_i' Lambda_i W_i} added to the
 * block before, and {@code W_m' W_m} taken from the last, for slopes in [a_i, b_i]. Where it is
 * definite, {@code |y - y'|^2 <= rho |x - x'|^2}.
 *
 * <p>With {@code p_k = e_k - a w_k} and {@code q_k = e_k - b w_k}, M depends on lambda_k by {@code
 * D_k = p_k q_k' + q_k p_k'}. Numbers of M are lambda of all units, layer after layer, then rho.
 */
final class MultiplierMatrix {
  /**
   * What a symmetric matrix Z is to all p_k and q_k.
   *
   * @param zp Z p_k, rows x units; {@code zq} likewise
   * @param pp p_k' Z p_l, units x units; {@code qq} likewise, and {@code pq} p_k' Z q_l
   */
  record Reduced(double[] zp, double[] zq, double[] pp, double[] qq, double[] pq) {}

  private final SlopeChain chain;
  private final int[] sizes;
  private final int[] starts;
  private final int rows;
  private final int units;
  private final double[] last;

  MultiplierMatrix(SlopeChain chain) {
    this.chain = chain;
    this.sizes = Arrays.copyOf(chain.widths(), chain.maps());
    this.starts = new int[sizes.length];
    for (int i = 1; i < sizes.length; i++) {
      starts[i] = starts[i - 1] + sizes[i - 1];
    }
    this.units = chain.units();
    this.rows = sizes[0] + units;
    int end = sizes.length - 1;
    this.last = gram(chain.weights()[end], chain.widths()[chain.maps()], sizes[end]);
  }

  /** Returns the number of rows of M. */
  int rows() {
    return rows;
  }

  int units() {
    return units;
  }

  /** Returns the number of inputs, the first rows of M. */
  int inputs() {
    return sizes[0];
  }

  /** Returns W'W for W of r x c numbers. */
  private static double[] gram(double[] w, int r, int c) {
    double[] g = new double[c * c];
    SharedGemm.run(GemmShape.of(c, c, r).transposed(true, false), w, 0, w, 0, g, 0);
    return g;
  }

  private double least(int layer) {
    return chain.slopes()[layer - 1].least();
  }

  private double most(int layer) {
    return chain.slopes()[layer - 1].most();
  }

  /** The blocks of a matrix: D_0, D_1, ... on its diagonal, O_1, O_2, ... to the left of them. */
  private record Blocks(double[][] diagonal, double[][] below) {}

  /**
   * Returns the linear part of M at some numbers.
   *
   * @param at lambda of all units, then rho
   */
  private Blocks blocks(double[] at) {
    double[][] diagonal = new double[sizes.length][];
    double[][] below = new double[sizes.length][];
    for (int i = 0; i < sizes.length; i++) {
      int n = sizes[i];
      diagonal[i] = new double[n * n];
      for (int k = 0; k < n; k++) {
        diagonal[i][k * n + k] = i == 0 ? at[units] : 2 * at[starts[i] - sizes[0] + k];
      }
      if (i > 0) {
        below[i] = scaledRows(i, at, -(least(i) + most(i)));
        double both = 2 * least(i) * most(i);
        if (both != 0) {
          int c = sizes[i - 1];
          double[] w = chain.weights()[i - 1];
          double[] scaled = scaledRows(i, at, both);
          double[] added = new double[c * c];
          SharedGemm.run(GemmShape.of(c, c, n).transposed(true, false), w, 0, scaled, 0, added, 0);
          for (int j = 0; j < added.length; j++) {
            diagonal[i - 1][j] += added[j];
          }
        }
      }
    }
    return new Blocks(diagonal, below);
  }

  /** Returns the factors of M, or empty if it is not definite. */
  Optional<ChainMatrix> at(double[] at) {
    Blocks b = blocks(at);
    double[] end = b.diagonal()[sizes.length - 1];
    for (int j = 0; j < end.length; j++) {
      end[j] -= last[j];
    }
    return ChainMatrix.of(sizes, b.diagonal(), b.below());
  }

  /** Returns the linear part of M, rows x rows. */
  double[] dense(double[] at) {
    Blocks b = blocks(at);
    double[] out = new double[rows * rows];
    for (int i = 0; i < sizes.length; i++) {
      for (int r = 0; r < sizes[i]; r++) {
        int row = starts[i] + r;
        System.arraycopy(b.diagonal()[i], r * sizes[i], out, row * rows + starts[i], sizes[i]);
        for (int c = 0; i > 0 && c < sizes[i - 1]; c++) {
          double v = b.below()[i][r * sizes[i - 1] + c];
          out[row * rows + starts[i - 1] + c] = v;
          out[(starts[i - 1] + c) * rows + row] = v;
        }
      }
    }
    return out;
  }

  /** Returns factor Lambda_i W_i. */
  private double[] scaledRows(int layer, double[] lambda, double factor) {
    int c = sizes[layer - 1];
    double[] out = chain.weights()[layer - 1].clone();
    for (int k = 0; k < sizes[layer]; k++) {
      double by = factor * lambda[starts[layer] - sizes[0] + k];
      for (int j = k * c; j < (k + 1) * c; j++) {
        out[j] *= by;
      }
    }
    return out;
  }

  /**
   * Returns multipliers and, last, rho for which the matrix is definite. Layer by layer, with G the
   * matrix {@code W S^-1 W'} of the pivot S before it, each unit's is a common share of 1 / G_kk,
   * which is where it would be alone.
   */
  double[] start() {
    double[] found = new double[units + 1];
    double[] inverse = identity(sizes[0]);
    for (int i = 1; i < sizes.length; i++) {
      int n = sizes[i];
      int c = sizes[i - 1];
      double[] w = chain.weights()[i - 1];
      double[] half = new double[n * c];
      SharedGemm.run(GemmShape.of(n, c, c), w, 0, inverse, 0, half, 0);
      double[] g = new double[n * n];
      SharedGemm.run(GemmShape.of(n, n, c).transposed(false, true), half, 0, w, 0, g, 0);
      double[] d = new double[n];
      Arrays.setAll(d, k -> Math.max(g[k * n + k], Double.MIN_NORMAL));
      double[] even = new double[n * n];
      for (int k = 0; k < n * n; k++) {
        even[k] = g[k] / Math.sqrt(d[k / n] * d[k % n]);
      }
      double sum = least(i) + most(i);
      double both = least(i) * most(i);
      double share = 1 / (largest(even, n) * Math.max(2 * sum * sum, Math.max(-4 * both, 1e-9)));
      double[] pivot = new double[n * n];
      for (int k = 0; k < n; k++) {
        double lambda = share / d[k];
        found[starts[i] - sizes[0] + k] = lambda;
        for (int j = 0; j < n; j++) {
          // For slopes of both signs the pivot before is at least half of what it was.
          pivot[k * n + j] = -(both < 0 ? 2 : 1) * sum * sum * lambda * g[k * n + j] * share / d[j];
        }
        pivot[k * n + k] += 2 * lambda;
      }
      inverse =
          Cholesky.of(pivot, n).orElseThrow(() -> new IllegalStateException("start")).inverse();
    }
    int n = sizes[sizes.length - 1];
    int k = chain.widths()[chain.maps()];
    double[] w = chain.weights()[chain.maps() - 1];
    double[] half = new double[k * n];
    SharedGemm.run(GemmShape.of(k, n, n), w, 0, inverse, 0, half, 0);
    double[] g = new double[k * k];
    SharedGemm.run(GemmShape.of(k, k, n).transposed(false, true), half, 0, w, 0, g, 0);
    found[units] = 1;
    double scale = 2 * Math.max(largest(g, k), Double.MIN_NORMAL);
    Arrays.setAll(found, j -> found[j] * scale);
    return found;
  }

  private static double[] identity(int n) {
    double[] out = new double[n * n];
    for (int i = 0; i < n; i++) {
      out[i * n + i] = 1;
    }
    return out;
  }

  private static double largest(double[] symmetric, int n) {
    double[] values = SymmetricEigen.of(symmetric, n).values();
    return values[n - 1];
  }

  /** Returns tr(X M). */
  double inner(double[] at, double[] x) {
    double[] m = dense(at);
    double trace = 0;
    for (int j = 0; j < m.length; j++) {
      trace += m[j] * x[j];
    }
    int end = sizes.length - 1;
    for (int r = 0; r < sizes[end]; r++) {
      for (int c = 0; c < sizes[end]; c++) {
        trace -= last[r * sizes[end] + c] * x[(starts[end] + r) * rows + starts[end] + c];
      }
    }
    return trace;
  }

  /** Returns what a symmetric matrix of {@link #rows} rows is to all p_k and q_k. */
  Reduced reduced(double[] z) {
    double[] zp = times(z, true);
    double[] zq = times(z, false);
    return new Reduced(zp, zq, between(zp, true), between(zq, false), between(zq, true));
  }

  /** Returns {@code p_k' Z q_k} of all units, for a symmetric Z. */
  double[] slopes(double[] z) {
    double[] all = between(times(z, false), true);
    double[] out = new double[units];
    Arrays.setAll(out, k -> all[k * units + k]);
    return out;
  }

  /** Returns Z times all p_k, or all q_k: rows x units. */
  private double[] times(double[] z, boolean least) {
    double[] out = new double[rows * units];
    for (int i = 1; i < sizes.length; i++) {
      int column = starts[i] - sizes[0];
      double slope = least ? least(i) : most(i);
      if (slope != 0) {
        GemmShape shape = GemmShape.of(rows, sizes[i], sizes[i - 1]).transposed(false, true);
        SharedGemm.run(
            shape.withRowStrides(rows, sizes[i - 1], units),
            z,
            starts[i - 1],
            chain.weights()[i - 1],
            0,
            out,
            column);
      }
      for (int r = 0; r < rows; r++) {
        for (int k = 0; k < sizes[i]; k++) {
          int j = r * units + column + k;
          out[j] = z[r * rows + starts[i] + k] - slope * out[j];
        }
      }
    }
    return out;
  }

  /** Returns all p_k, or all q_k, transposed, times such a result: units x units. */
  private double[] between(double[] of, boolean least) {
    double[] out = new double[units * units];
    for (int i = 1; i < sizes.length; i++) {
      int row = starts[i] - sizes[0];
      double slope = least ? least(i) : most(i);
      if (slope != 0) {
        SharedGemm.run(
            GemmShape.of(sizes[i], units, sizes[i - 1]),
            chain.weights()[i - 1],
            0,
            of,
            starts[i - 1] * units,
            out,
            row * units);
      }
      for (int k = 0; k < sizes[i]; k++) {
        for (int j = 0; j < units; j++) {
          int at = (row + k) * units + j;
          out[at] = of[(starts[i] + k) * units + j] - slope * out[at];
        }
      }
    }
    return out;
  }
}
