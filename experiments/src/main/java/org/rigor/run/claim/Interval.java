// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

/**
 * A confidence interval.
 *
 * @param low lower limit
 * @param high upper limit, at least {@code low}
 */
public record Interval(double low, double high) {
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("an interval needs low <= high, got " + low + ", " + high);
    }
  }

  public boolean contains(double v) {
    return low <= v && v <= high;
  }
}
