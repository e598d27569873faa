// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;

/**
 * Exact minima, up to the rounding of doubles, of ReLU networks with two inputs over a box: each
 * activation pattern's cell is a polygon, on which the network is linear.
 */
final class Polygons {
  private Polygons() {}

  /** A function w . x + c of two numbers. */
  private record Plane(double a, double b, double c) {
    double at(double[] x) {
      return a * x[0] + b * x[1] + c;
    }

    Plane plus(Plane o, double by) {
      return new Plane(a + by * o.a, b + by * o.b, c + by * o.c);
    }
  }

  /**
   * Returns the least value over a box of the largest of some rows.
   *
   * @param weights of each layer [in][out]; all but the last are followed by a ReLU
   * @param rows coefficients of logits, of the two inputs, and a constant
   */
  static double least(
      double[][][] weights, double[][] biases, double[] low, double[] high, double[][] rows) {
    List<double[]> box =
        List.of(
            new double[] {low[0], low[1]},
            new double[] {high[0], low[1]},
            new double[] {high[0], high[1]},
            new double[] {low[0], high[1]});
    List<Plane> inputs = List.of(new Plane(1, 0, 0), new Plane(0, 1, 0));
    return layer(weights, biases, 0, 0, inputs, new ArrayList<>(), box, rows);
  }

  private static double layer(
      double[][][] w,
      double[][] b,
      int layer,
      int unit,
      List<Plane> below,
      List<Plane> done,
      List<double[]> cell,
      double[][] rows) {
    if (cell.isEmpty()) {
      return Double.POSITIVE_INFINITY;
    }
    if (layer == w.length - 1) {
      return rows(w, b, below, cell, rows);
    }
    if (unit == b[layer].length) {
      return layer(w, b, layer + 1, 0, done, new ArrayList<>(), cell, rows);
    }
    Plane z = output(w, b, layer, unit, below);
    List<Plane> on = new ArrayList<>(done);
    on.add(z);
    List<Plane> off = new ArrayList<>(done);
    off.add(new Plane(0, 0, 0));
    return Math.min(
        layer(w, b, layer, unit + 1, below, on, clipped(cell, z, 1), rows),
        layer(w, b, layer, unit + 1, below, off, clipped(cell, z, -1), rows));
  }

  private static Plane output(double[][][] w, double[][] b, int layer, int unit, List<Plane> in) {
    Plane z = new Plane(0, 0, b[layer][unit]);
    for (int i = 0; i < in.size(); i++) {
      z = z.plus(in.get(i), w[layer][i][unit]);
    }
    return z;
  }

  private static double rows(
      double[][][] w, double[][] b, List<Plane> below, List<double[]> cell, double[][] rows) {
    List<Plane> all = new ArrayList<>();
    int classes = b[w.length - 1].length;
    for (double[] row : rows) {
      Plane p = new Plane(row[classes], row[classes + 1], row[classes + 2]);
      for (int k = 0; k < classes; k++) {
        p = p.plus(output(w, b, w.length - 1, k, below), row[k]);
      }
      all.add(p);
    }
    double least = Double.POSITIVE_INFINITY;
    for (Plane top : all) { // where it is the largest, corners decide
      List<double[]> part = cell;
      for (Plane other : all) {
        part = other == top ? part : clipped(part, top.plus(other, -1), 1);
      }
      for (double[] x : part) {
        least = Math.min(least, top.at(x));
      }
    }
    return least;
  }

  /** Returns the part of a polygon where {@code sign p >= 0} (Sutherland and Hodgman 1974). */
  private static List<double[]> clipped(List<double[]> cell, Plane p, int sign) {
    List<double[]> out = new ArrayList<>();
    for (int i = 0; i < cell.size(); i++) {
      double[] x = cell.get(i);
      double[] y = cell.get((i + 1) % cell.size());
      double vx = sign * p.at(x);
      double vy = sign * p.at(y);
      if (vx >= 0) {
        out.add(x);
      }
      if (vx * vy < 0) {
        double t = vx / (vx - vy);
        out.add(new double[] {x[0] + t * (y[0] - x[0]), x[1] + t * (y[1] - x[1])});
      }
    }
    return out;
  }
}
