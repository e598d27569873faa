// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/**
 * Real numbers between two sides, on the host. Results are rounded outward; a NaN side stays NaN.
 *
 * @param least at most every number
 * @param most at least every number
 */
public record Range(double least, double most) {
  /** All real numbers. */
  public static final Range ALL = new Range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  public static Range of(double number) {
    return new Range(number, number);
  }

  public Range plus(Range o) {
    return outward(least + o.least, most + o.most);
  }

  public Range negative() {
    return new Range(-most, -least);
  }

  public Range times(Range o) {
    return corners(least * o.least, least * o.most, most * o.least, most * o.most);
  }

  /** Divides; infinite on both sides where the divisor may be 0. */
  public Range dividedBy(Range o) {
    if (o.least <= 0 && o.most >= 0) {
      return ALL;
    }
    return corners(least / o.least, least / o.most, most / o.least, most / o.most);
  }

  /** Returns the smallest range that holds both. */
  public Range hull(Range o) {
    return new Range(Math.min(least, o.least), Math.max(most, o.most));
  }

  /** Returns whether all numbers of another range are in this one; false for NaN. */
  public boolean holds(Range o) {
    return o.least >= least && o.most <= most;
  }

  /** Returns the largest magnitude. */
  public double magnitude() {
    return Math.max(-least, most);
  }

  private static Range corners(double a, double b, double c, double d) {
    return outward(
        Math.min(Math.min(a, b), Math.min(c, d)), Math.max(Math.max(a, b), Math.max(c, d)));
  }

  /** Widens sides that were rounded to nearest by their neighbours. */
  private static Range outward(double least, double most) {
    return new Range(Math.nextDown(least), Math.nextUp(most));
  }
}
