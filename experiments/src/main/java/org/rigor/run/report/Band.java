// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The gap between certified and attacked accuracy, each known only at some radii. Robust accuracy
 * falls with the radius. So at any radius it is at least the certified accuracy at the next known
 * radius not below, and at most the attacked accuracy at the last known radius not above.
 *
 * @param x left and right end of each interval in turn
 * @param low certified, constant on an interval
 * @param high attacked
 */
record Band(double[] x, double[] low, double[] high) {

  /**
   * An accuracy at ascending radii.
   *
   * @param radii ascending
   * @param values at them
   */
  record Known(double[] radii, double[] values) {
    /** Returns the value at the smallest known radius not below {@code radius}, or NaN. */
    double notBelow(double radius) {
      for (int i = 0; i < radii.length; i++) {
        if (radii[i] >= radius) {
          return values[i];
        }
      }
      return Double.NaN;
    }

    /** Returns the value at the largest known radius not above {@code radius}, or NaN. */
    double notAbove(double radius) {
      for (int i = radii.length - 1; i >= 0; i--) {
        if (radii[i] <= radius) {
          return values[i];
        }
      }
      return Double.NaN;
    }
  }

  /**
   * Returns the band between the best certificate and the strongest attack at each radius: one part
   * per run of intervals where both are known and do not cross.
   */
  static List<Band> between(List<Known> certified, List<Known> attacked) {
    TreeSet<Double> radii = new TreeSet<>();
    certified.forEach(k -> add(radii, k));
    attacked.forEach(k -> add(radii, k));
    List<Double> all = List.copyOf(radii);
    List<Band> out = new ArrayList<>();
    List<double[]> points = new ArrayList<>();
    for (int i = 0; i + 1 < all.size(); i++) {
      double from = all.get(i);
      double to = all.get(i + 1);
      // On (from, to): the certificate at or beyond 'to', the attack at or before 'from'.
      double low =
          certified.stream()
              .mapToDouble(k -> k.notBelow(to))
              .filter(Double::isFinite)
              .max()
              .orElse(Double.NaN);
      double high =
          attacked.stream()
              .mapToDouble(k -> k.notAbove(from))
              .filter(Double::isFinite)
              .min()
              .orElse(Double.NaN);
      if (low <= high) {
        points.add(new double[] {from, low, high});
        points.add(new double[] {to, low, high});
      } else {
        close(points, out);
      }
    }
    close(points, out);
    return out;
  }

  private static void add(TreeSet<Double> radii, Known known) {
    for (double r : known.radii) {
      radii.add(r);
    }
  }

  private static void close(List<double[]> points, List<Band> out) {
    if (!points.isEmpty()) {
      out.add(new Band(column(points, 0), column(points, 1), column(points, 2)));
      points.clear();
    }
  }

  private static double[] column(List<double[]> points, int i) {
    return points.stream().mapToDouble(p -> p[i]).toArray();
  }
}
