// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import org.rigor.linalg.Rounding;
import org.rigor.linalg.SymmetricEigen;

/**
 * Norm of one Jacobian on the host: as computed, and a lower side. J lies within R of a matrix C of
 * doubles, element by element, so {@code sigma(J) >= sigma(C) - ||R||_F}; and for any u, {@code
 * sigma(C)^2 >= u'Gu / u'u - gamma_D ||C||_F^2} with the computed product G = C C', since {@code |G
 * - CC'| <= gamma_D |C||C|'} (Higham 2002, section 3.5).
 */
final class JacobianSides {
  /** Above any sum of underflow errors of the products here; exact zeros stay harmless. */
  private static final double TINY = 0x1p-500;

  private JacobianSides() {}

  /** A norm as computed, and a number that is not above it. */
  record Sides(double norm, double lower) {}

  /**
   * @param g product C C' of a K x D matrix, row-major
   * @param squares computed sum of the K D squared elements of R
   */
  static Sides spectral(double[] g, int k, int d, double squares) {
    double trace = 0;
    for (int i = 0; i < k * k; i++) {
      if (!Double.isFinite(g[i])) {
        return new Sides(Double.NaN, Double.NaN);
      }
      trace += i % (k + 1) == 0 ? g[i] : 0;
    }
    SymmetricEigen eigen = SymmetricEigen.of(g, k);
    double norm = Math.sqrt(Math.max(0, eigen.values()[k - 1]));
    double[] u = new double[k];
    for (int i = 0; i < k; i++) {
      u[i] = eigen.vectors()[i * k + k - 1];
    }
    double frobenius = Rounding.mulUp(trace, Rounding.inflation(d + 2L * k));
    double product = Rounding.addUp(Rounding.mulUp(Rounding.gamma(d), frobenius), TINY);
    double top = Rounding.subDown(quotient(g, u), product);
    double radius = Rounding.sqrtUp(Rounding.mulUp(squares, Rounding.inflation((long) k * d + 2)));
    return new Sides(norm, Math.max(0, Rounding.subDown(Rounding.sqrtDown(top), radius)));
  }

  /** At most u'Gu / u'u, for a symmetric G of any signs. */
  private static double quotient(double[] g, double[] u) {
    int k = u.length;
    double sum = 0;
    double sizes = 0;
    double length = 0;
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        double term = u[i] * g[i * k + j] * u[j];
        sum += term;
        sizes += Math.abs(term);
      }
      length += u[i] * u[i];
    }
    long n = (long) k * k + 3;
    double most = Rounding.mulUp(sizes, Rounding.inflation(n));
    double error = Rounding.addUp(Rounding.mulUp(Rounding.gamma(n), most), TINY);
    double least = Rounding.subDown(sum, error);
    return least <= 0 ? 0 : Rounding.divDown(least, Rounding.mulUp(length, Rounding.inflation(k)));
  }

  /**
   * @param sums of the magnitudes of each row of C
   * @param least sums of what is certain of each magnitude
   * @param d terms of each sum
   */
  static Sides largestRow(double[] sums, double[] least, int d) {
    double norm = 0;
    double lower = 0;
    for (int i = 0; i < sums.length; i++) {
      norm = Math.max(norm, sums[i]);
      lower = Math.max(lower, least[i]);
    }
    return new Sides(norm, Rounding.mulDown(lower, Rounding.deflation(d)));
  }
}
