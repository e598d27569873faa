// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;

/** Directed rounding of decimals of any length, decided by exact comparison. */
public final class Decimals {
  private Decimals() {}

  /** Returns the largest double that is at most {@code d}; negative infinity if there is none. */
  public static double down(BigDecimal d) {
    double x = d.doubleValue();
    while (x == Double.POSITIVE_INFINITY || Double.isFinite(x) && exact(x).compareTo(d) > 0) {
      x = Math.nextDown(x);
    }
    return x;
  }

  /** Returns the smallest double that is at least {@code d}; infinity if there is none. */
  public static double up(BigDecimal d) {
    return -down(d.negate()) + 0.0; // no negative zero
  }

  /** Returns the largest float that is at most {@code d}; negative infinity if there is none. */
  public static float floatDown(BigDecimal d) {
    float x = d.floatValue();
    while (x == Float.POSITIVE_INFINITY || Float.isFinite(x) && exact(x).compareTo(d) > 0) {
      x = Math.nextDown(x);
    }
    return x;
  }

  /** Returns the smallest float that is at least {@code d}; infinity if there is none. */
  public static float floatUp(BigDecimal d) {
    return -floatDown(d.negate()) + 0.0f;
  }

  /** Returns whether a decimal is a finite double. */
  static boolean isDouble(BigDecimal d) {
    double x = d.doubleValue();
    return Double.isFinite(x) && exact(x).compareTo(d) == 0;
  }

  /** Returns the value of a finite double, which every double and float has as a decimal. */
  public static BigDecimal exact(double x) {
    return new BigDecimal(x);
  }
}
