// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

/**
 * Elementwise enclosure of the real-arithmetic value of a traced value. A NaN side carries no
 * information, so a comparison with it must be false.
 *
 * @param lower lower side
 * @param upper upper side; the same object as {@code lower} where the value is known exactly
 */
public record Interval(Value lower, Value upper) {
  /**
   * @throws IllegalArgumentException if the sides have different types
   */
  public Interval {
    if (!lower.type().equals(upper.type())) {
      throw new IllegalArgumentException(
          "the sides of an interval must have one type, got " + lower.type() + ", " + upper.type());
    }
  }

  /** Returns the interval of a value that is known exactly. */
  public static Interval point(Value v) {
    return new Interval(v, v);
  }

  public boolean isPoint() {
    return lower == upper;
  }
}
