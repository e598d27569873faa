// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Values of one quantity, one per seed, and what Student's t says of their mean.
 *
 * <p>Values that fall on a grid, such as shares of n samples, are alike more often than what lies
 * behind them: a step hides a deviation of up to half of it (Popoviciu 1935). So the deviation is
 * taken to be at least half a step. Equal values on no known grid prove no absence of variance, and
 * nothing is concluded from them.
 *
 * @param values NaN for a seed whose value is undecided
 * @param step distance of neighbouring values, 1 / n of a share of n samples; 0 if they can be any
 * @param domain where they can lie
 */
public record Sample(double[] values, double step, Domain domain) {
  /** Fewest seeds a claim about seeds may rest on. */
  public static final int MIN_SEEDS = 5;

  public Sample {
    if (!(step >= 0)) {
      throw new IllegalArgumentException("a grid's step must be at least 0, got " + step);
    }
  }

  /** Values that can be any number. */
  public Sample(double... values) {
    this(values, 0, Domain.ANY);
  }

  public int size() {
    return values.length;
  }

  /** Returns the mean; NaN if there is no value or one is undecided. */
  public double mean() {
    return values.length == 0 ? Double.NaN : Statistics.mean(values);
  }

  /** Returns whether there are values enough, all finite, and a deviation. */
  public boolean decides() {
    return values.length > 1 && Arrays.stream(values).allMatch(Double::isFinite) && error() > 0;
  }

  /** Returns whether all values are one, on no known grid. */
  public boolean constant() {
    return values.length > 1 && step == 0 && Arrays.stream(values).distinct().count() == 1;
  }

  /** Standard error of the mean. */
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

  /** Returns the p-value of the t test that the mean is {@code mu}; 1 if nothing can be said. */
  public double test(double mu) {
    return decides() ? Math.min(1, 2 * tail(Math.abs(mean() - mu) / error())) : 1;
  }

  /** Returns the p-value of the one-sided t test that the mean is above 0; 1 as above. */
  public double exceeds() {
    return decides() ? tail(mean() / error()) : 1;
  }

  private double tail(double t) {
    return TDistribution.of(size() - 1).survivalProbability(t);
  }
}
