// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

/** The standard normal distribution, for ground truths in closed form. */
public final class NormalDistribution {
  /** Point at which the power series and the continued fraction are about equally fast. */
  private static final double SWITCH = 3;

  private static final double LAST = 39;
  private static final double DENSITY_AT_0 = 1 / StrictMath.sqrt(2 * StrictMath.PI);

  private NormalDistribution() {}

  /**
   * Returns {@code P(Z <= x)}, relative error below 1e-13 for every x above -37 (Abramowitz and
   * Stegun, 26.2.11 and 26.2.14). NaN gives NaN.
   */
  public static double cdf(double x) {
    if (Double.isNaN(x)) {
      return Double.NaN;
    }
    if (x > SWITCH) {
      return 1 - cdf(-x);
    }
    if (x < -LAST) {
      return 0;
    }
    double density = DENSITY_AT_0 * StrictMath.exp(-x * x / 2);
    return x < -SWITCH ? density * millsRatio(-x) : 0.5 + density * series(x);
  }

  /** Sums x + x^3/3 + x^5/(3*5) + ...: all terms have the sign of x, so nothing cancels. */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int k = 3; sum + term != sum; k += 2) {
      term *= x * x / k;
      sum += term;
    }
    return sum;
  }

  /** Returns (1 - cdf(x)) / density(x) for large x: 1/(x + 1/(x + 2/(x + 3/(x + ...)))). */
  private static double millsRatio(double x) {
    double tail = x;
    for (int k = 200; k > 0; k--) {
      tail = x + k / tail;
    }
    return 1 / tail;
  }
}
