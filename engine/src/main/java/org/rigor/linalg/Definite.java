// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/** Proofs that a symmetric matrix is definite, by {@link DefiniteBound}'s factorisation. */
public final class Definite {
  private Definite() {}

  /**
   * Returns whether every matrix within a distance of the given one is proved to be positive
   * definite. False says nothing.
   *
   * @param a symmetric, n x n and row-major, of which the upper triangle is read; best scaled to a
   *     diagonal near 1
   * @param distance in the spectral norm, at least 0
   */
  public static boolean proved(double[] a, int n, double distance) {
    double top = 0;
    for (int i = 0; i < n; i++) {
      if (!(a[i * n + i] > 0)) {
        return false;
      }
      top = Math.max(top, a[i * n + i]);
    }
    // A = top I - E: its least eigenvalue is top less the largest of E, whose diagonal rounds.
    double[] e = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        e[i * n + j] = -a[i * n + j];
      }
      e[i * n + i] = top - a[i * n + i];
    }
    double rounded = Rounding.mulUp(2 * Rounding.UNIT, top);
    double room = Rounding.addUp(distance, rounded);
    double s = top;
    for (int tries = 0; tries < 4; tries++) {
      double reached = DefiniteBound.reached(s, n);
      if (Rounding.addUp(reached, room) < top) {
        double[] strip = new double[DefiniteBound.stripSize(n)];
        return DefiniteBound.below(e, n, s, new double[n * n], strip, Gemms.open("auto").gemm());
      }
      s -= (Rounding.addUp(reached, room) - top) + 4 * rounded;
    }
    return false;
  }

  /**
   * Returns whether a matrix factors in floating point: definite up to rounding, which is no proof.
   *
   * @param a symmetric, n x n and row-major, of which the upper triangle is read
   */
  public static boolean factors(double[] a, int n) {
    double[] e = new double[n * n];
    for (int i = 0; i < e.length; i++) {
      e[i] = -a[i];
    }
    double[] strip = new double[DefiniteBound.stripSize(n)];
    return DefiniteBound.below(e, n, 0, new double[n * n], strip, Gemms.open("auto").gemm());
  }
}
