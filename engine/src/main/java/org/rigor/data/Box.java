// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

/**
 * The interval that contains every input value and to which perturbed inputs are confined.
 *
 * @param lower may be negative infinity
 * @param upper may be positive infinity
 */
public record Box(double lower, double upper) {
  /** Images: [0, 1]. */
  public static final Box UNIT = new Box(0, 1);

  /** No restriction. */
  public static final Box NONE = new Box(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  /**
   * @throws IllegalArgumentException unless {@code lower < upper}
   */
  public Box {
    if (!(lower < upper)) {
      throw new IllegalArgumentException(
          "a box needs lower < upper, got [" + lower + ", " + upper + "]");
    }
  }

  public boolean contains(double value) {
    return lower <= value && value <= upper;
  }

  public boolean isBounded() {
    return !Double.isInfinite(lower) || !Double.isInfinite(upper);
  }

  @Override
  public String toString() {
    return isBounded() ? "[" + lower + ", " + upper + "]" : "none";
  }
}
