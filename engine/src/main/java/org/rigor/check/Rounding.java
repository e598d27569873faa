// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

/** Error bounds of double arithmetic rounded to nearest (Higham 2002, section 3.1). */
final class Rounding {
  /** More than all underflow of a bound adds up to. */
  static final double TINY = 0x1p-500;

  private Rounding() {}

  /** Returns at least twice n u / (1 - n u), for n below 2^31. */
  static double gamma(long n) {
    return 2 * n * 0x1p-53 * (1 + (n + 4) * 0x1p-52);
  }

  static double down(double x) {
    return Math.nextDown(x);
  }

  static double up(double x) {
    return Math.nextUp(x);
  }
}
