// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

/**
 * The values that a quantity can take. Its intervals never extend beyond them.
 *
 * @param low least value; may be negative infinity
 * @param high greatest value, above {@code low}; may be infinity
 */
public record Domain(double low, double high) {
  /** Any number. */
  public static final Domain ANY = new Domain(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  /** Norms, losses, counts, times. */
  public static final Domain NON_NEGATIVE = new Domain(0, Double.POSITIVE_INFINITY);

  /** Shares and probabilities. */
  public static final Domain SHARE = new Domain(0, 1);

  /** Correlations. */
  public static final Domain CORRELATION = new Domain(-1, 1);

  public Domain {
    if (!(low < high)) {
      throw new IllegalArgumentException(
          "values cannot lie between %s and %s".formatted(low, high));
    }
  }

  /** Returns the domain of this minus the other. */
  public Domain minus(Domain other) {
    return new Domain(low - other.high, high - other.low);
  }

  /** Returns the domain of differences divided by the absolute value of the subtrahend. */
  public Domain relativeTo(Domain other) {
    return low >= 0 && other.low >= 0 ? new Domain(-1, Double.POSITIVE_INFINITY) : ANY;
  }
}
