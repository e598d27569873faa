// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SampleTest {
  private static final double[] TWO = {0.702, 0.808};

  /** Student with one degree of freedom: 12.706 at 95 %; 0.755 +- 12.706 * 0.053. */
  @Test
  void anIntervalStaysInsideOfWhatTheQuantityCanBe() {
    Interval free = new Sample(TWO).interval(0.05).orElseThrow();
    assertThat(free.low()).isCloseTo(0.0816, within(1e-4));
    assertThat(free.high()).isCloseTo(1.4284, within(1e-4));
    assertThat(free.cut()).isFalse();
    Interval share = new Sample(TWO, 0.001, Domain.SHARE).interval(0.05).orElseThrow();
    assertThat(share.low()).isEqualTo(free.low());
    assertThat(share.high()).isEqualTo(1);
    assertThat(share.cut()).isTrue();
  }

  @Test
  void differencesOfSharesLieBetweenMinusOneAndOneAndNormsAboveZero() {
    assertThat(Domain.SHARE.minus(Domain.SHARE)).isEqualTo(new Domain(-1, 1));
    assertThat(Domain.NON_NEGATIVE.minus(Domain.NON_NEGATIVE)).isEqualTo(Domain.ANY);
    assertThat(Domain.NON_NEGATIVE.relativeTo(Domain.NON_NEGATIVE).low()).isEqualTo(-1);
    Interval norm =
        new Sample(new double[] {0.92, 1.51}, 0, Domain.NON_NEGATIVE).interval(0.05).orElseThrow();
    assertThat(norm.low()).isZero();
    assertThat(norm.cut()).isTrue();
  }

  @Test
  void equalValuesThatCanBeAnythingDecideNothing() {
    Sample s = new Sample(3, 3, 3, 3, 3);
    assertThat(s.decides()).isFalse();
    assertThat(s.interval(0.01)).isEmpty();
    assertThat(s.test(0)).isEqualTo(1);
    assertThat(s.exceeds()).isEqualTo(1);
    // A mean of five thirds is off by rounding, which is no deviation.
    double third = 0.1;
    assertThat(new Sample(third, third, third, third, third, third).interval(0.01)).isEmpty();
  }

  /** Half a step of 1 / 100 over the root of 5, times Student's 4.604 with 4 degrees at 99 %. */
  @Test
  void equalSharesAreKnownToHalfASample() {
    Sample s = new Sample(new double[] {0.4, 0.4, 0.4, 0.4, 0.4}, 0.01, Domain.SHARE);
    Interval i = s.interval(0.01).orElseThrow();
    assertThat(i.low()).isCloseTo(0.4 - 0.010295, within(1e-6));
    assertThat(i.high()).isCloseTo(0.4 + 0.010295, within(1e-6));
    Sample none = new Sample(new double[5], 0.01, Domain.SHARE);
    assertThat(none.interval(0.01).orElseThrow().low()).isZero();
    assertThat(none.interval(0.01).orElseThrow().high()).isCloseTo(0.010295, within(1e-6));
  }

  @Test
  void anUndecidedValueLeavesTheMeanUndecided() {
    Sample s = new Sample(new double[] {1, Double.NaN, 2}, 0, Domain.ANY);
    assertThat(s.mean()).isNaN();
    assertThat(s.interval(0.05)).isEmpty();
    assertThat(new Sample(1, Double.POSITIVE_INFINITY).interval(0.05)).isEmpty();
    assertThat(new Sample(new double[0], 0, Domain.ANY).mean()).isNaN();
  }

  @Property(tries = 300)
  void noIntervalLacksWidthOrLeavesItsDomain(
      @ForAll @Size(min = 2, max = 12) List<@IntRange(max = 20) Integer> draws,
      @ForAll @DoubleRange(min = 0.01, max = 0.5) double alpha) {
    int n = 20;
    double[] values = draws.stream().mapToDouble(k -> (double) k / n).toArray();
    Interval i = new Sample(values, 1.0 / n, Domain.SHARE).interval(alpha).orElseThrow();
    assertThat(i.low()).isGreaterThanOrEqualTo(0).isLessThan(i.high());
    assertThat(i.high()).isLessThanOrEqualTo(1);
    assertThat(i.contains(Statistics.mean(values)) || Math.abs(Statistics.mean(values) - 1) < 1e-12)
        .isTrue();
  }
}
