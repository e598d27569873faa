// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.distribution.TDistribution;

/** Intervals and tests of shares, and quantiles; {@link Sample} has those of means. */
public final class Statistics {
  private Statistics() {}

  /**
   * Returns Wilson's score interval of a proportion (Wilson 1927).
   *
   * @param share observed proportion in [0, 1]; a mean over models of the same samples is allowed
   * @param n number of samples, at least 1
   * @param alpha one minus the level
   */
  public static Interval wilson(double share, int n, double alpha) {
    if (!(share >= 0 && share <= 1) || n < 1) {
      throw new IllegalArgumentException(
          "wilson needs a share in [0, 1] of n >= 1, got " + share + " of " + n);
    }
    double z = normalQuantile(1 - level(alpha) / 2);
    double z2 = z * z / n;
    double centre = (share + z2 / 2) / (1 + z2);
    double half = z / (1 + z2) * Math.sqrt(share * (1 - share) / n + z2 / (4 * n));
    // At 0 and 1 one limit equals the share; rounding must not move it.
    return new Interval(
        share == 0 ? 0 : Math.max(0, centre - half), share == 1 ? 1 : Math.min(1, centre + half));
  }

  /**
   * Returns the interval of the difference of two proportions on the same samples (Newcombe 1998,
   * method 10): it combines Wilson's limits of both with their correlation.
   *
   * @param first share of samples the first gets right
   * @param second share of samples the second gets right
   * @param both share of samples both get right
   * @param n number of samples
   */
  public static Interval newcombe(double first, double second, double both, int n, double alpha) {
    Interval a = wilson(first, n, alpha);
    Interval b = wilson(second, n, alpha);
    double neither = 1 - first - second + both;
    double product = first * (1 - first) * second * (1 - second);
    double cross = both * neither - (first - both) * (second - both);
    // The continuity correction of method 10 applies only to positive correlation.
    double phi =
        product <= 0 ? 0 : (cross > 0 ? Math.max(0, cross - 0.5 / n) : cross) / Math.sqrt(product);
    double d = first - second;
    return new Interval(
        d - join(first - a.low(), b.high() - second, phi),
        d + join(a.high() - first, second - b.low(), phi));
  }

  private static double join(double x, double y, double phi) {
    return Math.sqrt(Math.max(0, x * x - 2 * phi * x * y + y * y));
  }

  /**
   * Computes the exact McNemar test of two classifiers on the same samples.
   *
   * @param onlyFirst samples only the first gets right
   * @param onlySecond samples only the second gets right
   * @return p-value of equal accuracy
   */
  public static double mcNemar(int onlyFirst, int onlySecond) {
    int n = onlyFirst + onlySecond;
    if (n == 0) {
      return 1;
    }
    double tail =
        BinomialDistribution.of(n, 0.5).cumulativeProbability(Math.min(onlyFirst, onlySecond));
    return Math.min(1, 2 * tail);
  }

  /**
   * Computes the levels of Holm's step-down procedure (Holm 1979).
   *
   * @return the level each p-value is compared with; after the first that fails, all later ones
   *     have its level
   */
  public static double[] holmLevels(double[] p, double alpha) {
    Integer[] order =
        IntStream.range(0, p.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> p[i]))
            .toArray(Integer[]::new);
    double[] levels = new double[p.length];
    double at = 0;
    boolean stopped = false;
    for (int rank = 0; rank < order.length; rank++) {
      if (!stopped) {
        at = alpha / (order.length - rank);
        stopped = !(p[order[rank]] <= at);
      }
      levels[order[rank]] = at;
    }
    return levels;
  }

  public static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  /** Returns the standard deviation (with n - 1) divided by the square root of n. */
  public static double standardError(double[] values) {
    if (values.length < 2) {
      throw new IllegalArgumentException("a standard error needs at least 2 values");
    }
    double mean = mean(values);
    double sum = 0;
    for (double v : values) {
      sum += (v - mean) * (v - mean);
    }
    return Math.sqrt(sum / (values.length - 1) / values.length);
  }

  public static double normalQuantile(double p) {
    return NormalDistribution.of(0, 1).inverseCumulativeProbability(p);
  }

  public static double tQuantile(double p, int degrees) {
    return TDistribution.of(degrees).inverseCumulativeProbability(p);
  }

  static double level(double alpha) {
    if (!(alpha > 0 && alpha < 1)) {
      throw new IllegalArgumentException("alpha must lie in (0, 1), got " + alpha);
    }
    return alpha;
  }
}
