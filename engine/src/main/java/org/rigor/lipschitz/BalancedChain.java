// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.rigor.linalg.Qr;

/**
 * A chain in coordinates in which multipliers are easy to find, with the same bound: the rows of
 * each map have a length of about 1, units that hardly depend on the input are left out, and inputs
 * lie in the space that the first map does not drop.
 *
 * @param chain to search multipliers of
 * @param kept units of the original chain, by their number among all units
 * @param units of the original chain
 * @param scales of the kept units: their rows were multiplied by it
 */
record BalancedChain(SlopeChain chain, int[] kept, int units, double[] scales) {
  /** A unit is left out of the search if its row times its column is this share of the largest. */
  private static final double DEAD = 0x1p-60;

  /** What the multiplier of such a unit is above those of others: its share in M is as small. */
  private static final double FREE = 0x1p40;

  /**
   * @param c with norms of about 1
   */
  static BalancedChain of(SlopeChain c) {
    int[] widths = c.widths().clone();
    double[][] weights = new double[c.maps()][];
    int[] kept = new int[c.units()];
    double[] scales = new double[c.units()];
    int count = 0;
    int before = 0; // units of earlier layers
    int[] columns = all(widths[0]);
    double[] taken = ones(widths[0]);
    for (int i = 0; i < c.maps(); i++) {
      boolean outputs = i == c.maps() - 1;
      int cols = c.widths()[i];
      int[] rows = outputs ? all(c.widths()[i + 1]) : alive(c, i);
      double[] by = ones(rows.length);
      double[] w = new double[rows.length * columns.length];
      for (int r = 0; r < rows.length; r++) {
        double squares = 0;
        for (int j = 0; j < columns.length; j++) {
          double v = c.weights()[i][rows[r] * cols + columns[j]] / taken[j];
          w[r * columns.length + j] = v;
          squares += v * v;
        }
        if (!outputs && squares > 0) {
          by[r] = Math.scalb(1.0, -Math.getExponent(Math.sqrt(squares)));
          for (int j = 0; j < columns.length; j++) {
            w[r * columns.length + j] *= by[r];
          }
        }
      }
      weights[i] = w;
      widths[i + 1] = rows.length;
      for (int r = 0; r < rows.length && !outputs; r++, count++) {
        kept[count] = before + rows[r];
        scales[count] = by[r];
      }
      before += outputs ? 0 : c.widths()[i + 1];
      columns = rows;
      taken = by;
    }
    SlopeChain all = new SlopeChain(widths, weights, c.errors(), c.slopes());
    return new BalancedChain(
        reduced(all), Arrays.copyOf(kept, count), c.units(), Arrays.copyOf(scales, count));
  }

  private static int[] all(int n) {
    int[] out = new int[n];
    Arrays.setAll(out, i -> i);
    return out;
  }

  private static double[] ones(int n) {
    double[] out = new double[n];
    Arrays.fill(out, 1);
    return out;
  }

  /** Returns the units of a layer that matter. */
  private static int[] alive(SlopeChain c, int map) {
    int n = c.widths()[map + 1];
    double[] share = new double[n];
    for (int k = 0; k < n; k++) {
      double row = 0;
      for (int j = 0; j < c.widths()[map]; j++) {
        row = Math.hypot(row, c.weights()[map][k * c.widths()[map] + j]);
      }
      double column = 0;
      for (int j = 0; j < c.widths()[map + 2]; j++) {
        column = Math.hypot(column, c.weights()[map + 1][j * n + k]);
      }
      share[k] = row * column;
    }
    double most = Arrays.stream(share).max().orElse(0);
    return IntStream.range(0, n).filter(k -> share[k] > DEAD * most).toArray();
  }

  private static SlopeChain reduced(SlopeChain c) {
    int n = c.widths()[0];
    int units = c.widths()[1];
    if (n <= units) {
      return c;
    }
    double[] w = c.weights()[0];
    double[] r = Qr.of(transposed(w, units, n), n, units).r();
    double[][] weights = c.weights().clone();
    weights[0] = transposed(r, units, units);
    int[] widths = c.widths().clone();
    widths[0] = units;
    return new SlopeChain(widths, weights, c.errors(), c.slopes());
  }

  private static double[] transposed(double[] a, int rows, int cols) {
    double[] t = new double[a.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        t[c * rows + r] = a[r * cols + c];
      }
    }
    return t;
  }

  /** Returns multipliers of all units of the original chain from those of this one. */
  double[] multipliers(double[] found) {
    double[] own = new double[found.length];
    Arrays.setAll(own, k -> found[k] * scales[k] * scales[k]);
    double[] sorted = own.clone();
    Arrays.sort(sorted);
    double[] out = new double[units];
    Arrays.fill(out, FREE * (own.length == 0 ? 1 : sorted[own.length / 2]));
    for (int k = 0; k < own.length; k++) {
      out[kept[k]] = own[k];
    }
    return out;
  }
}
