// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.data.NormalDistribution;

/** Limits of Clopper and Pearson, the radii made of them, and how often they fail. */
class MissesTest {
  private static final MathContext EXACT = new MathContext(60);

  /** Returns P(X &lt;= f) in 60 digits, q taken as the double is. */
  private static BigDecimal atMost(int f, int n, double q) {
    BigDecimal p = new BigDecimal(q);
    BigDecimal rest = BigDecimal.ONE.subtract(p);
    BigDecimal term = rest.pow(n, EXACT);
    BigDecimal sum = term;
    for (int i = 1; i <= f; i++) {
      term =
          term.multiply(p, EXACT)
              .multiply(BigDecimal.valueOf(n - i + 1L), EXACT)
              .divide(rest.multiply(BigDecimal.valueOf(i), EXACT), EXACT);
      sum = sum.add(term, EXACT);
    }
    return sum;
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, 0.3",
    "0, 100, 0.01",
    "3, 100, 0.1",
    "40, 100, 0.5",
    "99, 100, 0.999",
    "10, 5000, 0.01",
    "200, 1000, 0.25",
    "1, 100000, 0.0001",
    "900, 100000, 0.0101",
    "49000, 100000, 0.5"
  })
  void tailsAreUpperSidesAndClose(int f, int n, double q) {
    double exact = StrictMath.log(atMost(f, n, q).doubleValue());
    double found = Misses.logAtMost(f, n, q, 1 - q);
    assertThat(found).isBetween(exact, exact + 1e-8);
  }

  /** Each limit is rejected at its level, and by little: 60 digits say so. */
  @ParameterizedTest
  @CsvSource({
    "0, 100, 0.001",
    "1, 100, 0.05",
    "50, 100, 0.001",
    "99, 100, 0.001",
    "100, 100, 0.001",
    "7, 1000, 0.0001",
    "1000, 100000, 0.001",
    "30000, 100000, 0.5"
  })
  void limitsHoldTheirLevel(int f, int n, double alpha) {
    Misses m = new Misses(f, n);
    double upper = m.upper(alpha);
    double lower = m.lower(alpha);
    if (f == n) {
      assertThat(upper).isEqualTo(1);
    } else {
      assertThat(atMost(f, n, upper).doubleValue()).isLessThanOrEqualTo(alpha);
      assertThat(atMost(f, n, upper * (1 - 1e-8)).doubleValue()).isGreaterThan(alpha * (1 - 1e-9));
    }
    if (f == 0) {
      assertThat(lower).isZero();
    } else {
      BigDecimal fewer = atMost(f - 1, n, lower);
      assertThat(BigDecimal.ONE.subtract(fewer).doubleValue()).isLessThanOrEqualTo(alpha);
      fewer = atMost(f - 1, n, lower * (1 + 1e-8));
      assertThat(BigDecimal.ONE.subtract(fewer).doubleValue()).isGreaterThan(alpha * (1 - 1e-9));
    }
  }

  /** The published radii: 99,000 of 100,000 votes, and the caps where all votes agree. */
  @Test
  void radiiAreThePublishedOnes() {
    double q = new Misses(1000, 100_000).upper(0.001);
    assertThat(1 - q).isCloseTo(0.98898934, within(5e-9));
    assertThat(Radius.lower(0.5, q)).isCloseTo(1.145, within(1e-6));
    assertThat(Radius.lower(1, new Misses(0, 100_000).upper(0.001)))
        .isCloseTo(3.8114566, within(1e-6));
    assertThat(Radius.lower(1, new Misses(0, 1000).upper(0.001)))
        .isCloseTo(2.4632626, within(1e-6));
  }

  @Test
  void sidesOfARadiusLieAroundIt() {
    for (double t : new double[] {1e-9, 0.3, 1, 2.5, 3, 3.5, 8, 20, 35}) {
      double q = NormalDistribution.cdf(-t);
      double sigma = 0.3;
      assertThat(Radius.lower(sigma, q)).isBetween(sigma * t * (1 - 1e-5) - 1e-11, sigma * t);
      assertThat(Radius.upper(sigma, q)).isBetween(sigma * t, sigma * t * (1 + 1e-5) + 1e-11);
      assertThat(Radius.missesBelow(sigma, sigma * t)).isLessThan(q);
      assertThat(Radius.missesAbove(sigma, sigma * t)).isGreaterThan(q);
    }
    assertThat(Radius.lower(1, 0.5)).isZero();
    assertThat(Radius.upper(1, 0.6)).isZero();
    assertThat(Radius.upper(1, 0)).isInfinite();
    assertThat(Radius.missesBelow(1e-3, 1)).isZero();
    assertThat(Radius.missesAbove(1e-3, 1)).isPositive();
  }

  @Test
  void levelsSumToAlpha() {
    for (int budget : new int[] {100, 200, 1000, 99_900, 100_000_000}) {
      for (Stages s : new Stages[] {Stages.sequential(budget, 0.01), Stages.fixed(budget, 0.01)}) {
        double sum = 0;
        for (int i = 0; i < s.count(); i++) {
          sum += s.level(i);
          assertThat(s.end(i)).isGreaterThan(i == 0 ? 0 : s.end(i - 1));
          assertThat(s.end(i) % Stages.BLOCK).isZero();
        }
        assertThat(sum).isBetween(0.01 * (1 - 1e-9), 0.01 * (1 + 1e-15));
        assertThat(s.end(s.count() - 1)).isEqualTo(s.budget()).isEqualTo(budget);
      }
    }
    assertThatThrownBy(() -> Stages.sequential(150, 0.1)).hasMessageContaining("multiple of 100");
    assertThatThrownBy(() -> Stages.sequential(0, 0.1)).hasMessageContaining("multiple of 100");
    assertThatThrownBy(() -> Stages.fixed(100, 0)).hasMessageContaining("alpha");
    assertThatThrownBy(() -> Stages.fixed(100, Double.NaN)).hasMessageContaining("alpha");
  }

  /**
   * The chance that a radius above the true one is certified, or one below it refuted, over all
   * outcomes of the draws: exact, by the distribution of the misses from stage to stage. The true
   * radius is exactly the one asked for, where a false decision is likeliest.
   */
  @ParameterizedTest
  @CsvSource({"0.5, 0.05", "0.8, 0.05", "1.5, 0.05", "2.3, 0.05", "0.8, 0.5", "1.5, 0.001"})
  void stoppingKeepsTheLevel(double asked, double alpha) {
    Stages stages = Stages.sequential(1500, alpha);
    double q = NormalDistribution.cdf(-asked);
    for (boolean certifies : new boolean[] {true, false}) {
      double[] chance = {1}; // of each number of misses, undecided so far
      double wrong = 0;
      for (int stage = 0; stage < stages.count(); stage++) {
        int fresh = stages.end(stage) - (stage == 0 ? 0 : stages.end(stage - 1));
        double[] next = new double[stages.end(stage) + 1];
        for (int i = 0; i <= fresh; i++) {
          double p = term(i, fresh, q);
          for (int f = 0; f < chance.length; f++) {
            next[f + i] += chance[f] * p;
          }
        }
        for (int f = 0; f < next.length; f++) {
          Misses m = new Misses(f, stages.end(stage));
          boolean decides =
              certifies
                  ? m.below(Radius.missesBelow(1, asked), stages.level(stage))
                  : m.above(Radius.missesAbove(1, asked), stages.level(stage));
          if (decides) {
            wrong += next[f];
            next[f] = 0;
          }
        }
        chance = next;
      }
      assertThat(wrong).as("false decisions").isLessThanOrEqualTo(alpha).isGreaterThan(alpha / 20);
    }
  }

  private static double term(int i, int n, double q) {
    double log = i * StrictMath.log(q) + (n - i) * StrictMath.log1p(-q);
    for (int j = 1; j <= i; j++) {
      log += StrictMath.log((n - i + j) / (double) j);
    }
    return StrictMath.exp(log);
  }
}
