// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.Arrays;
import java.util.Map;
import org.rigor.data.Box;

/** Membership of a ball and a box in real arithmetic, for double-precision points on the host. */
public final class Ball {
  private Ball() {}

  /**
   * Moves a point into the ball around a sample and into the box, so that its distance in real
   * arithmetic is at most epsilon. The kernels of {@link Confine} do the same operations in the
   * same order.
   *
   * @param point array of points; {@code features} elements from {@code at} on are changed, to NaN
   *     unless epsilon &gt;= 0
   * @param x array of samples; the centre starts at {@code from} and lies in the box
   * @return the distance afterwards: for LINF rounded to nearest, else an upper side; NaN unless
   *     epsilon &gt;= 0
   */
  public static double project(
      Distance norm,
      double[] point,
      int at,
      double[] x,
      int from,
      int features,
      double epsilon,
      Box box) {
    if (!(epsilon >= 0)) {
      Arrays.fill(point, at, at + features, Double.NaN);
      return Double.NaN;
    }
    for (int i = 0; i < features; i++) {
      point[at + i] = Math.max(box.lower(), Math.min(box.upper(), point[at + i]));
    }
    return INTO.get(norm).move(point, at, x, from, features, epsilon);
  }

  /** Moves a point of the box into a ball, and returns its distance. */
  private interface Into {
    double move(double[] point, int at, double[] x, int from, int features, double epsilon);
  }

  private static final Map<Distance, Into> INTO =
      Map.of(
          Norm.LINF,
          Ball::intoCube,
          Norm.L2,
          (p, at, x, from, n, epsilon) -> shrink(p, at, x, from, n, epsilon, Ball::length),
          Sparse.L1,
          (p, at, x, from, n, epsilon) -> shrink(p, at, x, from, n, epsilon, Ball::sum),
          Sparse.L0,
          Ball::keepLargest);

  private interface Length {
    double of(double[] point, int at, double[] x, int from, int features);
  }

  private static double intoCube(
      double[] point, int at, double[] x, int from, int features, double epsilon) {
    double largest = 0;
    for (int i = 0; i < features; i++) {
      double c = x[from + i];
      double p = Math.max(c - epsilon, Math.min(c + epsilon, point[at + i]));
      while (exceeds(p, c, epsilon)) { // c +- epsilon was rounded outward
        p = p > c ? Math.nextDown(p) : Math.nextUp(p);
      }
      point[at + i] = p;
      largest = Math.max(largest, Math.abs(p - c));
    }
    return largest;
  }

  private static double shrink(
      double[] point, int at, double[] x, int from, int features, double epsilon, Length of) {
    double length = of.of(point, at, x, from, features);
    // Each pass shrinks a little more than rounding can add; a point at distance 0 always ends it.
    for (double slack = 1; length > epsilon; slack -= 1e-15 * features) {
      double shrink = slack * epsilon / length;
      for (int i = 0; i < features; i++) {
        double c = x[from + i];
        point[at + i] = c + (point[at + i] - c) * shrink;
      }
      length = of.of(point, at, x, from, features);
    }
    return length;
  }

  /** Undoes the smallest changes, the first of equal ones first, until at most epsilon are left. */
  private static double keepLargest(
      double[] point, int at, double[] x, int from, int features, double epsilon) {
    int changes = 0;
    for (int i = 0; i < features; i++) {
      if (Double.isNaN(point[at + i])) {
        return Double.NaN;
      }
      changes += point[at + i] == x[from + i] ? 0 : 1;
    }
    for (; changes > epsilon; changes--) {
      int least = -1;
      double size = Double.POSITIVE_INFINITY;
      for (int i = 0; i < features; i++) {
        double d = Math.abs(point[at + i] - x[from + i]);
        if (point[at + i] != x[from + i] && (least < 0 || d < size)) {
          least = i;
          size = d;
        }
      }
      point[at + least] = x[from + least];
    }
    return changes;
  }

  /** Returns at least the sum of changes: each term meets at most features + 8 roundings. */
  private static double sum(double[] point, int at, double[] x, int from, int features) {
    double sum = 0;
    for (int i = 0; i < features; i++) {
      sum += Math.abs(point[at + i] - x[from + i]);
    }
    return sum * (1 + (features + 8) * 0x1p-52);
  }

  /** Returns whether |p - c| exceeds epsilon, its rounding error included (TwoSum, Knuth). */
  private static boolean exceeds(double p, double c, double epsilon) {
    double d = p - c;
    double back = d + c;
    double error = (p - back) - (c - (back - d)); // p - c = d + error
    return Math.abs(d) > epsilon || (Math.abs(d) == epsilon && (d > 0 ? error : -error) > 0);
  }

  /** Returns at least the Euclidean distance: each term meets at most features + 8 roundings. */
  private static double length(double[] point, int at, double[] x, int from, int features) {
    double largest = 0;
    for (int i = 0; i < features; i++) {
      largest = Math.max(largest, Math.abs(point[at + i] - x[from + i]));
    }
    if (largest == 0) {
      return 0;
    }
    double sum = 0;
    for (int i = 0; i < features; i++) {
      double d = (point[at + i] - x[from + i]) / largest;
      sum += d * d;
    }
    return largest * Math.sqrt(sum) * (1 + (features + 8) * 0x1p-52);
  }
}
