// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import org.rigor.linalg.Rounding;

/** The last roundings of a norm of one Jacobian, on the host. */
final class JacobianSides {
  /** Above any sum of underflow errors of the products here; exact zeros stay harmless. */
  private static final double TINY = 0x1p-500;

  private JacobianSides() {}

  /**
   * At most {@code ||v|| / ||u||}; NaN if a number is not finite.
   *
   * @param squares computed sum of d squares, each at most that of an element of v
   * @param length computed sum of the squares of the k elements of u
   */
  static double quotient(double squares, int d, double length, int k) {
    if (!Double.isFinite(squares) || !Double.isFinite(length)) {
      return Double.NaN;
    }
    double least = Rounding.subDown(Rounding.mulDown(squares, Rounding.deflation(d + 1L)), TINY);
    double most = Rounding.addUp(Rounding.mulUp(length, Rounding.inflation(k + 1L)), TINY);
    return least <= 0 ? 0 : Rounding.divDown(Rounding.sqrtDown(least), Rounding.sqrtUp(most));
  }

  /**
   * At most the exact sum.
   *
   * @param sum computed, of d numbers, none negative
   */
  static double sum(double sum, int d) {
    return Double.isFinite(sum) ? Rounding.mulDown(sum, Rounding.deflation(d)) : Double.NaN;
  }
}
