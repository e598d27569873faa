// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import java.util.Optional;

/**
 * A confidence interval.
 *
 * @param low lower limit
 * @param high upper limit, at least {@code low}
 * @param cut whether it extended beyond the quantity's domain and was cut to it
 */
public record Interval(double low, double high, boolean cut) {
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("an interval needs low <= high, got " + low + ", " + high);
    }
  }

  /** Creates an interval that is not cut. */
  public Interval(double low, double high) {
    this(low, high, false);
  }

  public boolean contains(double v) {
    return low <= v && v <= high;
  }

  /**
   * Returns the part within the quantity's domain, which has the same coverage; empty if that part
   * has no width.
   */
  public Optional<Interval> within(Domain domain) {
    double from = Math.max(low, domain.low());
    double to = Math.min(high, domain.high());
    return from < to
        ? Optional.of(new Interval(from, to, cut || from > low || to < high))
        : Optional.empty();
  }
}
