// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * Bounds on the rounding of double arithmetic. {@code +, -, *, /} and {@code sqrt} round to
 * nearest, so the neighbour above a computed value is at least, and the neighbour below at most,
 * the exact one, also when the result is subnormal. Arguments must not be NaN.
 */
public final class Rounding {
  /** Unit roundoff of double, 2^-53. */
  public static final double UNIT = 0x1p-53;

  private Rounding() {}

  /**
   * Returns an upper bound on {@code gamma_n = n u / (1 - n u)}: an inner product of length n,
   * summed in any order, with or without fused multiply-adds, errs by at most {@code gamma_n
   * |x|.|y|}, underflow apart (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
   * section 3.1).
   *
   * @param n number of roundings a term can meet, 0 to 2^40
   */
  public static double gamma(long n) {
    if (n < 0 || n > 1L << 40) {
      throw new IllegalArgumentException("gamma: n must lie in 0 .. 2^40; got " + n);
    }
    double nu = n * UNIT; // exact: a power of two times an integer below 2^53
    return n == 0 ? 0 : Math.nextUp(nu / Math.nextDown(1 - nu));
  }

  /**
   * Returns an upper bound on 1 + gamma_n: a computed sum of n-fold rounded positive terms times
   * this is at least the exact sum.
   */
  public static double inflation(long n) {
    return Math.nextUp(1 + gamma(n));
  }

  /**
   * Returns a lower bound on 1 - gamma_n: a computed sum of n-fold rounded positive terms times
   * this is at most the exact sum.
   */
  public static double deflation(long n) {
    return Math.nextDown(1 - gamma(n));
  }

  /** Returns an upper bound on a + b. */
  public static double addUp(double a, double b) {
    return a == 0 ? b : b == 0 ? a : Math.nextUp(a + b);
  }

  /** Returns a lower bound on a - b. */
  public static double subDown(double a, double b) {
    return b == 0 ? a : Math.nextDown(a - b);
  }

  /** Returns an upper bound on a * b, for a, b at least 0. */
  public static double mulUp(double a, double b) {
    if (a == 1 || b == 1) {
      return a == 1 ? b : a; // most layers have the slope 1
    }
    return a == 0 || b == 0 ? 0 : Math.nextUp(a * b);
  }

  /** Returns a lower bound on a * b, at least 0, for a, b at least 0. */
  public static double mulDown(double a, double b) {
    return a == 0 || b == 0 ? 0 : Math.max(0, Math.nextDown(a * b));
  }

  /** Returns an upper bound on a / b, for a at least 0 and b above 0. */
  public static double divUp(double a, double b) {
    return a == 0 ? 0 : Math.nextUp(a / b);
  }

  /** Returns a lower bound on a / b, at least 0, for a at least 0 and b above 0. */
  public static double divDown(double a, double b) {
    return a == 0 ? 0 : Math.max(0, Math.nextDown(a / b));
  }

  /** Returns an upper bound on the root of a, for a at least 0. */
  public static double sqrtUp(double a) {
    return a == 0 ? 0 : Math.nextUp(Math.sqrt(a));
  }

  /** Returns a lower bound on the root of a, and 0 for a below 0. */
  public static double sqrtDown(double a) {
    return a <= 0 ? 0 : Math.nextDown(Math.sqrt(a));
  }

  /** Returns an upper bound on {@code a 2^e}, for a at least 0. */
  public static double scaleUp(double a, int e) {
    return a == 0 ? 0 : Math.nextUp(Math.scalb(a, e));
  }

  /** Returns a lower bound on {@code a 2^e}, at least 0, for a at least 0. */
  public static double scaleDown(double a, int e) {
    return a == 0 ? 0 : Math.max(0, Math.nextDown(Math.scalb(a, e)));
  }
}
