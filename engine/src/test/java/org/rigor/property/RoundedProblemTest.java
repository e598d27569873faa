// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

/** Doubles that stand for decimals: nothing that the decimals allow may be lost. */
class RoundedProblemTest {
  private static BigDecimal d(String text) {
    return new BigDecimal(text);
  }

  private static Affine x(int i, String factor) {
    return Affine.input(i).times(d(factor));
  }

  private static Affine y(int j, String factor) {
    return Affine.output(j).times(d(factor));
  }

  private static Affine c(String value) {
    return Affine.of(d(value));
  }

  private static List<RoundedProblem> rounded(int inputs, int outputs, Formula... all) {
    return RoundedProblem.of(org.rigor.property.Property.of(inputs, outputs, List.of(all)));
  }

  private static Row between(int i, String low, String high, boolean lower) {
    return lower
        ? Row.atMost(c(low), Affine.input(i), false)
        : Row.atMost(Affine.input(i), c(high), false);
  }

  /** The nearest double of 0.1 lies above it, that of 0.3 below it: each end needs the other. */
  @Test
  void boxesGrowAtBothEnds() {
    assertThat(new BigDecimal(0.1)).isGreaterThan(d("0.1"));
    assertThat(new BigDecimal(0.3)).isLessThan(d("0.3"));
    RoundedProblem p =
        rounded(
                1,
                1,
                between(0, "0.1", "0.3", true),
                between(0, "0.1", "0.3", false),
                Row.atMost(y(0, "1"), c("0"), false))
            .get(0);
    assertThat(p.lower()[0]).isEqualTo(Math.nextDown(0.1));
    assertThat(p.upper()[0]).isEqualTo(Math.nextUp(0.3));
  }

  /** The constant of {@code Y - 0.1 <= 0} must go down, as the nearest double of -0.1 does. */
  @Test
  void constantsGoDown() {
    RoundedProblem p =
        rounded(
                1,
                1,
                between(0, "0", "1", true),
                between(0, "0", "1", false),
                new Formula.Or(
                    List.of(
                        Row.atMost(y(0, "1"), c("0.1"), false),
                        Row.atMost(y(0, "1"), c("0.3"), false))))
            .get(0);
    assertThat(p.constants()).containsExactly(-0.1, Math.nextDown(-0.3));
    assertThat(p.clauses()).isEqualTo(new int[][] {{0}, {1}});
  }

  @Property(tries = 300)
  void roundingIsTightAndOutward(
      @ForAll @LongRange(min = -(1L << 60), max = 1L << 60) long digits,
      @ForAll @IntRange(min = 0, max = 350) int scale,
      @ForAll long more) {
    BigDecimal value =
        new BigDecimal(BigInteger.valueOf(digits), scale)
            .add(new BigDecimal(BigInteger.valueOf(more), scale + 30));
    double down = Decimals.down(value);
    double up = Decimals.up(value);
    assertThat(new BigDecimal(down)).isLessThanOrEqualTo(value);
    assertThat(new BigDecimal(up)).isGreaterThanOrEqualTo(value);
    assertThat(up == down || up == Math.nextUp(down)).isTrue();
    float floatDown = Decimals.floatDown(value);
    assertThat(new BigDecimal(floatDown)).isLessThanOrEqualTo(value);
    assertThat(new BigDecimal(Math.nextUp(floatDown))).isGreaterThan(value);
    float floatUp = Decimals.floatUp(value);
    assertThat(new BigDecimal(floatUp)).isGreaterThanOrEqualTo(value);
    assertThat(new BigDecimal(Math.nextDown(floatUp))).isLessThan(value);
  }

  @Test
  void numbersBeyondDoublesAreInfiniteOutwardAndLargestInward() {
    BigDecimal huge = d("1e400");
    assertThat(Decimals.down(huge)).isEqualTo(Double.MAX_VALUE);
    assertThat(Decimals.up(huge)).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(Decimals.down(huge.negate())).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(Decimals.down(d("1e-400"))).isZero();
    assertThat(Decimals.up(d("1e-400"))).isEqualTo(Double.MIN_VALUE);
  }

  /** 0.1 y0 - 0.3 y1 in tenths; 1/3 of an input to 20 digits is charged for what is cut off. */
  @Test
  void coefficientsAreExactOrCharged() {
    String third = "0.33333333333333333333";
    Affine form = y(0, "0.1").minus(y(1, "0.3")).plus(x(0, third)).plus(c("0.25"));
    RoundedProblem p =
        rounded(
                1,
                2,
                between(0, "-2", "1", true),
                between(0, "-2", "1", false),
                new Row(form, false))
            .get(0);
    assertThat(p.outputs()[0]).containsExactly(1, -3);
    BigDecimal exact = d(third).multiply(BigDecimal.TEN);
    BigDecimal lost = exact.subtract(new BigDecimal(p.inputs()[0][0])).abs();
    assertThat(lost.signum()).isPositive();
    BigDecimal allowed = d("2.5").subtract(lost.multiply(d("2")));
    assertThat(new BigDecimal(p.constants()[0])).isLessThanOrEqualTo(allowed);
    assertThat(new BigDecimal(Math.nextUp(p.constants()[0]))).isGreaterThan(allowed);
    for (double at : new double[] {-2, -1, 0.5, 1}) {
      BigDecimal truth = exact.multiply(new BigDecimal(at)).add(d("2.5"));
      BigDecimal mine =
          new BigDecimal(p.inputs()[0][0])
              .multiply(new BigDecimal(at))
              .add(new BigDecimal(p.constants()[0]));
      assertThat(mine).isLessThanOrEqualTo(truth);
    }
  }

  @Test
  void coefficientsOfOutputsThatNoDoubleHoldsAreRefused() {
    Row row = Row.atMost(y(0, "0.12345678901234567891"), c("0"), false);
    assertThatThrownBy(
            () -> rounded(1, 1, between(0, "0", "1", true), between(0, "0", "1", false), row))
        .hasMessageContaining("0.12345678901234567891 * Y_0")
        .hasMessageContaining("more digits than doubles hold");
  }

  @Test
  void clausesThatShareABoxShareAProblemAndEqualRowsAreOne() {
    Row a = Row.atMost(y(0, "1"), y(1, "1"), false);
    Row b = Row.atMost(y(1, "1"), c("2"), false);
    Formula any =
        new Formula.Or(
            List.of(
                a,
                new Formula.And(List.of(a, b)),
                new Formula.And(List.of(b, between(0, "0", "0.5", false)))));
    List<RoundedProblem> all =
        rounded(1, 2, between(0, "0", "1", true), between(0, "0", "1", false), any);
    assertThat(all).hasSize(2);
    assertThat(all.get(0).clauses()).isEqualTo(new int[][] {{0}, {0, 1}});
    assertThat(all.get(0).origin()).containsExactly(0, 1);
    assertThat(all.get(1).upper()).containsExactly(0.5);
    assertThat(all.get(1).origin()).containsExactly(2);
  }
}
