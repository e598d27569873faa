// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import java.util.Optional;

/**
 * A confidence interval.
 *
 * @param low lower limit
 * @param high upper limit, at least {@code low}
 * @param cut whether it reached beyond what the quantity can be, and ends there instead
 */
public record Interval(double low, double high, boolean cut) {
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("an interval needs low <= high, got " + low + ", " + high);
    }
  }

  /** An interval as it was computed. */
  public Interval(double low, double high) {
    this(low, high, false);
  }

  public boolean contains(double v) {
    return low <= v && v <= high;
  }

  /**
   * Returns the part of it that the quantity can have, which covers as often as the whole does;
   * empty if it has no such part with a width.
   */
  public Optional<Interval> within(Domain domain) {
    double from = Math.max(low, domain.low());
    double to = Math.min(high, domain.high());
    return from < to
        ? Optional.of(new Interval(from, to, cut || from > low || to < high))
        : Optional.empty();
  }
}
