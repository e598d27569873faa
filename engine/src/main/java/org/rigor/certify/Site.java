// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import org.rigor.data.Box;

/**
 * A region of inputs, and the sides of all starts over it.
 *
 * @param low sides of the inputs, [D]
 * @param high sides of the inputs, [D]
 * @param x centre of a ball that the sides enclose, [D]; null for the box alone
 * @param epsilon radius of the ball
 * @param label of the sample; 0 where there is none
 * @param lower sides of the starts, by start and unit
 * @param upper sides of the starts, by start and unit
 * @param margins CROWN's lower sides of the label's logit less each other; null without label
 */
record Site(
    double[] low,
    double[] high,
    double[] x,
    double epsilon,
    int label,
    double[][] lower,
    double[][] upper,
    double[] margins) {

  /** Returns a box whose starts are not known. */
  static Site of(double[] low, double[] high) {
    return new Site(low, high, null, 0, 0, null, null, null);
  }

  /** Returns a ball in the box of valid inputs, rounded outward; starts are not known. */
  static Site of(double[] x, double epsilon, int label, Box box) {
    double[] low = new double[x.length];
    double[] high = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      low[i] = Math.max(box.lower(), Math.nextDown(x[i] - epsilon));
      high[i] = Math.min(box.upper(), Math.nextUp(x[i] + epsilon));
    }
    return new Site(low, high, x, epsilon, label, null, null, null);
  }

  /** Returns this region with sides of its starts, which the caller may tighten in place. */
  Site with(double[][] nextLower, double[][] nextUpper, double[] nextMargins) {
    return new Site(low, high, x, epsilon, label, nextLower, nextUpper, nextMargins);
  }

  /** Returns whether a unit may have both signs. */
  boolean isOpen(int start, int unit) {
    return lower[start][unit] < 0 && upper[start][unit] > 0;
  }

  /**
   * Takes a bound of a unit, or of its negative where {@code unit} counts on past the units.
   *
   * @return whether it is better than what was known
   */
  boolean tighten(int start, int unit, double bound) {
    int n = lower[start].length;
    boolean better = unit < n ? bound > lower[start][unit] : -bound < upper[start][unit - n];
    if (better && unit < n) {
      lower[start][unit] = bound;
    } else if (better) {
      upper[start][unit - n] = -bound;
    }
    return better;
  }
}
