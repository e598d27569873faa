// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import org.rigor.linalg.Rounding;

/** Final steps of the certified norm of one Jacobian, rounded outward on the host. */
final class JacobianSides {
  /** Exceeds any sum of underflow errors of the products here; exact zeros stay harmless. */
  private static final double TINY = 0x1p-500;

  private JacobianSides() {}

  /**
   * Returns a lower bound of {@code ||v|| / ||u||}; NaN if a number is not finite.
   *
   * @param squares computed sum of d squares, each at most that of an element of v
   * @param length computed sum of the squares of the k elements of u
   */
  static double quotient(double squares, int d, double length, int k) {
    if (!Double.isFinite(squares) || !Double.isFinite(length)) {
      return Double.NaN;
    }
    double least = Rounding.subDown(Rounding.mulDown(squares, Rounding.deflation(d + 1L)), TINY);
    return least <= 0 ? 0 : Rounding.divDown(Rounding.sqrtDown(least), length(length, k));
  }

  /**
   * Returns a lower bound of {@code ||W a|| / ||u||} for a real vector a within r of c, element by
   * element; NaN if a number is not finite. With the computed S near W'W, {@code |c'Sc - ||Wc||^2|
   * <= gamma ||W||_F^2 ||c||^2}, and {@code ||W a|| >= ||W c|| - ||W||_F ||r||} (Higham 2002,
   * section 3.5).
   *
   * @param product computed c'Sc
   * @param size computed product of the squares of ||W||_F and ||c||
   * @param spread computed product of the squares of ||W||_F and ||r||
   * @param d rows of W
   * @param h columns of W
   * @param length computed sum of the squares of the k elements of u
   */
  static double product(
      double product, double size, double spread, int d, int h, double length, int k) {
    boolean finite =
        Double.isFinite(product)
            && Double.isFinite(size)
            && Double.isFinite(spread)
            && Double.isFinite(length);
    if (!finite) {
      return Double.NaN;
    }
    double inflation = Rounding.inflation((long) d * h + h + 8L);
    double gamma = Rounding.gamma(d + 2L * h + 16);
    double error = Rounding.addUp(Rounding.mulUp(gamma, Rounding.mulUp(size, inflation)), TINY);
    double least = Rounding.subDown(product, error);
    double rest = Rounding.sqrtUp(Rounding.addUp(Rounding.mulUp(spread, inflation), TINY));
    double top = least <= 0 ? 0 : Rounding.subDown(Rounding.sqrtDown(least), rest);
    return top <= 0 ? 0 : Rounding.divDown(top, length(length, k));
  }

  /** Returns an upper bound of the length of u. */
  private static double length(double squares, int k) {
    return Rounding.sqrtUp(
        Rounding.addUp(Rounding.mulUp(squares, Rounding.inflation(k + 1L)), TINY));
  }

  /**
   * Returns a lower bound of the exact sum.
   *
   * @param sum computed, of d numbers, none negative
   */
  static double sum(double sum, int d) {
    return Double.isFinite(sum) ? Rounding.mulDown(sum, Rounding.deflation(d)) : Double.NaN;
  }
}
