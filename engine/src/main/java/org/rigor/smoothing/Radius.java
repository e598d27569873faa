// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

import org.rigor.data.NormalDistribution;

/**
 * The l2 radius R = sigma Phi^-1(1 - q) within which a smoothed classifier keeps its class, if a
 * draw misses that class with probability q &lt; 1/2 (Cohen et al. 2019, Theorem 1 with the other
 * classes as one).
 */
final class Radius {
  /** Relative error of the distribution function, and of what is done with it. */
  private static final double ERROR = 1e-12;

  /** Beyond it the distribution function is 0. */
  private static final double FARTHEST = 36;

  private Radius() {}

  /** Returns a lower side of the largest q whose radius is {@code r} at least; 0 if too small. */
  static double missesBelow(double sigma, double r) {
    double t = Math.nextUp(r / sigma);
    return t > FARTHEST ? 0 : NormalDistribution.cdf(-t) * (1 - ERROR);
  }

  /** Returns an upper side of the same. */
  static double missesAbove(double sigma, double r) {
    double t = Math.max(0, Math.nextDown(r / sigma));
    return NormalDistribution.cdf(-Math.min(t, FARTHEST)) * (1 + ERROR);
  }

  /** Returns a lower side of the radius of {@code q}; 0 where q &gt;= 1/2. */
  static double lower(double sigma, double q) {
    return Math.max(0, Math.nextDown(sigma * quantile(q, 1 - ERROR, false)));
  }

  /** Returns an upper side of the radius of {@code q}; infinite for 0, 0 where q &gt;= 1/2. */
  static double upper(double sigma, double q) {
    double t = quantile(q, 1 + ERROR, true);
    return t == 0 ? 0 : t >= FARTHEST ? Double.POSITIVE_INFINITY : Math.nextUp(sigma * t);
  }

  /** Returns where {@code scale Phi(-t)} falls below q, from above or from below. */
  private static double quantile(double q, double scale, boolean above) {
    double low = 0;
    double high = FARTHEST;
    if (scale * 0.5 < q) {
      return 0;
    }
    for (double mid = high / 2; mid > low && mid < high; mid = low + (high - low) / 2) {
      if (scale * NormalDistribution.cdf(-mid) >= q) {
        low = mid;
      } else {
        high = mid;
      }
    }
    return above ? high : low;
  }
}
