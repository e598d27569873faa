// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Values of one quantity, one per seed, with Student's t interval and tests of their mean.
 *
 * <p>Values on a grid, such as shares of n samples, coincide more often than the underlying
 * quantities: a step hides a standard deviation of up to half a step (Popoviciu 1935). The
 * deviation is therefore taken to be at least half a step. Equal values on no known grid do not
 * prove zero variance, so nothing is concluded from them.
 *
 * @param values NaN for a seed whose value is undecided
 * @param step distance between neighbouring values, 1 / n for a share of n samples; 0 if there is
 *     no grid
 * @param domain values that the quantity can take
 */
public record Sample(double[] values, double step, Domain domain) {
  /** Minimum number of seeds for a claim about seeds. */
  public static final int MIN_SEEDS = 5;

  public Sample {
    if (!(step >= 0)) {
      throw new IllegalArgumentException("a grid's step must be at least 0, got " + step);
    }
  }

  /** Creates a sample without a grid or limits. */
  public Sample(double... values) {
    this(values, 0, Domain.ANY);
  }

  public int size() {
    return values.length;
  }

  /** Returns the mean; NaN if there are no values or one is undecided. */
  public double mean() {
    return values.length == 0 ? Double.NaN : Statistics.mean(values);
  }

  /** Returns whether there are at least two values, all finite, and a positive standard error. */
  public boolean decides() {
    return values.length > 1 && Arrays.stream(values).allMatch(Double::isFinite) && error() > 0;
  }

  /** Returns whether all values are equal and on no known grid. */
  public boolean constant() {
    return values.length > 1 && step == 0 && Arrays.stream(values).distinct().count() == 1;
  }

  /** Returns the standard error of the mean. */
  private double error() {
    double spread =
        Arrays.stream(values).allMatch(v -> v == values[0]) ? 0 : Statistics.standardError(values);
    return Math.max(spread, step / 2 / Math.sqrt(values.length));
  }

  /**
   * Returns Student's interval of the mean, cut to the domain; empty if nothing can be concluded.
   */
  public Optional<Interval> interval(double alpha) {
    if (!decides()) {
      return Optional.empty();
    }
    double half = error() * Statistics.tQuantile(1 - Statistics.level(alpha) / 2, size() - 1);
    return new Interval(mean() - half, mean() + half).within(domain);
  }

  /**
   * Returns the two-sided p-value of the t test that the mean is {@code mu}; 1 if it cannot be
   * decided.
   */
  public double test(double mu) {
    return decides() ? Math.min(1, 2 * tail(Math.abs(mean() - mu) / error())) : 1;
  }

  /** Returns the one-sided p-value of the t test for a mean above 0; 1 if it cannot be decided. */
  public double exceeds() {
    return decides() ? tail(mean() / error()) : 1;
  }

  private double tail(double t) {
    return TDistribution.of(size() - 1).survivalProbability(t);
  }
}
