// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

/** A lower side of a sum of terms, each exact or charged by the caller. */
final class Sum {
  private double value;
  private double size;
  private double lost;
  private long count;

  void add(double term) {
    value += term;
    size += Math.abs(term);
    count++;
  }

  /** Adds the product of two numbers. */
  void add(double a, double b) {
    add(a * b);
    count++;
  }

  /** Subtracts an error, computed with a few roundings upward at most. */
  void lose(double error) {
    lost += error;
    count++;
  }

  double lower() {
    double error = Rounding.gamma(count + 8) * (size + lost) + lost + count * Rounding.TINY;
    return Math.nextDown(value - Math.nextUp(error * (1 + 0x1p-40)));
  }
}
