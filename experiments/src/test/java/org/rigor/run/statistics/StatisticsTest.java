// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against published tables and worked examples. */
class StatisticsTest {
  /** Student's t, any statistics text: two-sided 95 % and 99 %. */
  @ParameterizedTest
  @CsvSource({
    "1, 0.975, 12.706",
    "2, 0.975, 4.303",
    "4, 0.975, 2.776",
    "9, 0.975, 2.262",
    "30, 0.975, 2.042",
    "4, 0.995, 4.604",
    "9, 0.995, 3.250",
    "120, 0.995, 2.617"
  })
  void studentQuantiles(int degrees, double p, double t) {
    assertThat(Statistics.tQuantile(p, degrees)).isCloseTo(t, within(5e-4));
  }

  @ParameterizedTest
  @CsvSource({"0.975, 1.959964", "0.995, 2.575829", "0.5, 0", "0.95, 1.644854"})
  void normalQuantiles(double p, double z) {
    assertThat(Statistics.normalQuantile(p)).isCloseTo(z, within(1e-6));
  }

  /** Newcombe 1998, Statistics in Medicine 17:857, table I, method 3. */
  @ParameterizedTest
  @CsvSource({
    "81, 263, 0.2553, 0.3662",
    "15, 148, 0.0624, 0.1605",
    "0, 20, 0.0000, 0.1611",
    "1, 29, 0.0061, 0.1718"
  })
  void wilson(int k, int n, double low, double high) {
    Interval i = Statistics.wilson((double) k / n, n, 0.05);
    assertThat(i.low()).isCloseTo(low, within(5e-5));
    assertThat(i.high()).isCloseTo(high, within(5e-5));
  }

  @Property
  void wilsonContainsTheShareAndNarrowsWithN(
      @ForAll @DoubleRange(min = 0, max = 1) double share,
      @ForAll @IntRange(min = 1, max = 5000) int n) {
    Interval i = Statistics.wilson(share, n, 0.05);
    Interval wider = Statistics.wilson(share, n, 0.01);
    assertThat(i.contains(share)).isTrue();
    assertThat(wider.low()).isLessThanOrEqualTo(i.low());
    assertThat(wider.high()).isGreaterThanOrEqualTo(i.high());
    assertThat(Statistics.wilson(share, 4 * n, 0.05).high()).isLessThanOrEqualTo(i.high() + 1e-12);
  }

  @Test
  void exactMcNemarIsTheBinomialTail() {
    // 2 * P(X <= 1), X binomial(8, 1/2) = 2 * 9 / 256.
    assertThat(Statistics.mcNemar(1, 7)).isCloseTo(18.0 / 256, within(1e-14));
    assertThat(Statistics.mcNemar(7, 1)).isCloseTo(18.0 / 256, within(1e-14));
    assertThat(Statistics.mcNemar(0, 0)).isEqualTo(1);
    assertThat(Statistics.mcNemar(5, 5)).isEqualTo(1);
  }

  /** Newcombe 1998, Statistics in Medicine 17:2635, table III, cells (e, f, g, h), method 10. */
  @ParameterizedTest
  @CsvSource({
    "36, 12, 2, 0, 0.0569, 0.3404",
    "18, 12, 2, 18, 0.0562, 0.3292",
    "0, 30, 0, 0, 0.8395, 1.0000"
  })
  void newcombe(int e, int f, int g, int h, double low, double high) {
    double n = e + f + g + h;
    Interval i = Statistics.newcombe((e + f) / n, (e + g) / n, e / n, (int) n, 0.05);
    assertThat(i.low()).isCloseTo(low, within(5e-4));
    assertThat(i.high()).isCloseTo(high, within(5e-4));
  }

  /** Student 1908: extra hours of sleep of ten patients, two drugs; t = 4.0621, p = 0.002833. */
  @Test
  void pairedTOnStudentsSleepData() {
    double[] d = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};
    assertThat(Statistics.mean(d)).isCloseTo(1.58, within(1e-12));
    assertThat(new Sample(d).test(0)).isCloseTo(0.002833, within(1e-6));
    Interval i = new Sample(d).interval(0.05).orElseThrow();
    assertThat(i.low()).isCloseTo(0.7001142, within(1e-6));
    assertThat(i.high()).isCloseTo(2.4598858, within(1e-6));
  }

  @Test
  void holmStepsDown() {
    double[] levels = Statistics.holmLevels(new double[] {0.001, 0.9, 0.004, 0.02}, 0.04);
    assertThat(levels[0]).isCloseTo(0.01, within(1e-15));
    assertThat(levels[2]).isCloseTo(0.04 / 3, within(1e-15));
    assertThat(levels[3]).isCloseTo(0.02, within(1e-15));
    assertThat(levels[1]).isCloseTo(0.04, within(1e-15));
    // The first failure stops: all later ones keep its level.
    double[] stopped = Statistics.holmLevels(new double[] {0.02, 0.03, 0.04}, 0.05);
    assertThat(stopped).containsExactly(0.05 / 3, 0.05 / 3, 0.05 / 3);
  }

  @Test
  void refusals() {
    assertThatThrownBy(() -> Statistics.wilson(1.1, 5, 0.05)).hasMessageContaining("1.1");
  }
}
