// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GramNormTest {
  private static final Gemm SCALAR = ScalarGemm.INSTANCE;

  private static GramNorm.Enclosure enclose(double[] w, int rows, int cols) {
    return GramNorm.enclose(w, rows, cols, SCALAR);
  }

  /**
   * Exactly decides sigma(W) below bound: bound^2 I - W'W is positive definite if and only if all
   * its leading minors are positive (Sylvester); integers and Bareiss elimination, no rounding.
   */
  private static boolean exceedsNorm(double bound, double[] w, int rows, int cols) {
    BigDecimal[] entries = new BigDecimal[rows * cols];
    BigDecimal limit = new BigDecimal(bound);
    int digits = limit.scale();
    for (int i = 0; i < entries.length; i++) {
      entries[i] = new BigDecimal(w[i]);
      digits = Math.max(digits, entries[i].scale());
    }
    BigInteger b = limit.scaleByPowerOfTen(digits).toBigIntegerExact();
    BigInteger[][] m = new BigInteger[cols][cols];
    for (int i = 0; i < cols; i++) {
      for (int j = 0; j < cols; j++) {
        BigInteger sum = i == j ? b.multiply(b) : BigInteger.ZERO;
        for (int r = 0; r < rows; r++) {
          BigInteger x = entries[r * cols + i].scaleByPowerOfTen(digits).toBigIntegerExact();
          BigInteger y = entries[r * cols + j].scaleByPowerOfTen(digits).toBigIntegerExact();
          sum = sum.subtract(x.multiply(y));
        }
        m[i][j] = sum;
      }
    }
    BigInteger previous = BigInteger.ONE;
    for (int p = 0; p < cols; p++) {
      if (m[p][p].signum() <= 0) {
        return false;
      }
      for (int i = p + 1; i < cols; i++) {
        for (int j = p + 1; j < cols; j++) {
          m[i][j] = m[i][j].multiply(m[p][p]).subtract(m[i][p].multiply(m[p][j])).divide(previous);
        }
      }
      previous = m[p][p];
    }
    return true;
  }

  @Test
  void bothSidesHoldExactlyOnSmallMatrices() {
    Random r = new Random(1);
    int rejected = 0;
    for (int trial = 0; trial < 150; trial++) {
      int rows = 1 + r.nextInt(7);
      int cols = 1 + r.nextInt(6);
      double[] w = new double[rows * cols];
      int spread = r.nextInt(40);
      for (int i = 0; i < w.length; i++) {
        w[i] = Math.scalb(r.nextGaussian(), r.nextInt(spread + 1) - spread / 2);
      }
      GramNorm.Enclosure e = enclose(w, rows, cols);
      assertThat(exceedsNorm(e.upper(), w, rows, cols)).as("upper, trial %d", trial).isTrue();
      assertThat(exceedsNorm(e.lower(), w, rows, cols)).as("lower, trial %d", trial).isFalse();
      assertThat(e.upper() / e.lower()).isBetween(1.0, 1 + 1e-12);
      double plain = SpectralNorm.svd(w, rows, cols);
      rejected += exceedsNorm(plain, w, rows, cols) ? 0 : 1;
    }
    // What a correctly computed but uncertified norm would do: it fails the same check often.
    assertThat(rejected).isGreaterThan(30);
  }

  /** Equal entries: all roundings of a sum go the same way, many units in the last place. */
  @Test
  void bothSidesHoldExactlyOnLongSums() {
    for (int i = 1; i <= 12; i++) {
      double[] w = new double[5000];
      java.util.Arrays.fill(w, 1 / (2.0 * i + 1));
      for (int cols = 1; cols <= 2; cols++) {
        GramNorm.Enclosure e = enclose(w, 5000 / cols, cols);
        assertThat(exceedsNorm(e.upper(), w, 5000 / cols, cols)).as("upper, %d", i).isTrue();
        assertThat(exceedsNorm(e.lower(), w, 5000 / cols, cols)).as("lower, %d", i).isFalse();
        assertThat(e.upper() / e.lower()).isBetween(1.0, 1 + 1e-10);
      }
    }
  }

  @Test
  void powerIterationIsNeverAnUpperSide() {
    Random r = new Random(2);
    double[] w = GemmTest.doubles(r, 48);
    double sigma = SpectralNorm.svd(w, 8, 6);
    double before = 0;
    for (int steps : new int[] {0, 1, 5, 20, 200}) {
      double lower = GramNorm.lower(w, 8, 6, steps);
      assertThat(exceedsNorm(lower, w, 8, 6)).isFalse();
      assertThat(lower).isGreaterThanOrEqualTo(before * (1 - 1e-14));
      before = lower;
    }
    assertThat(before).isCloseTo(sigma, within(1e-12 * sigma));
  }

  @Test
  void closedForms() {
    double[] hadamard = new double[64 * 64];
    double[] ones = new double[20 * 45];
    double[] toeplitz = new double[30 * 30];
    for (int i = 0; i < 64; i++) {
      for (int j = 0; j < 64; j++) {
        hadamard[i * 64 + j] = Integer.bitCount(i & j) % 2 == 0 ? 1 : -1;
      }
    }
    java.util.Arrays.fill(ones, 1);
    for (int i = 0; i < 30; i++) {
      toeplitz[i * 31] = 2;
      if (i > 0) {
        toeplitz[i * 30 + i - 1] = 1;
        toeplitz[(i - 1) * 30 + i] = 1;
      }
    }
    assertTight(enclose(hadamard, 64, 64), 8, 1e-10);
    assertTight(enclose(ones, 20, 45), 30, 1e-13);
    assertTight(enclose(toeplitz, 30, 30), 2 + 2 * Math.cos(Math.PI / 31), 1e-12);
    assertTight(enclose(new double[] {0, 3, 0, 0, 0, -7}, 2, 3), 7, 1e-14);
    assertTight(enclose(new double[] {-5}, 1, 1), 5, 1e-14);
    assertTight(enclose(new double[] {3, 4}, 2, 1), 5, 1e-14);
    assertThat(enclose(new double[12], 3, 4)).isEqualTo(new GramNorm.Enclosure(0, 0));
    assertThat(enclose(new double[0], 0, 4)).isEqualTo(new GramNorm.Enclosure(0, 0));
  }

  private static void assertTight(GramNorm.Enclosure e, double sigma, double relative) {
    // The closed forms are themselves rounded where they are not integers: one ulp.
    assertThat(e.upper()).isBetween(Math.nextDown(sigma), sigma * (1 + relative));
    assertThat(e.lower()).isBetween(sigma * (1 - relative), Math.nextUp(sigma));
  }

  /** ||A_t||_F^(2^-t) = (sum sigma_i^(2^(t+1)))^(2^-(t+1)) before rounding terms. */
  @Test
  void everyStepHasTheBoundOfTheTheory() {
    double[] sigma = {1, 0.98, 0.9, 0.9, 0.5, 0.1};
    double[] w = new double[36];
    for (int i = 0; i < 6; i++) {
      w[i * 7] = sigma[i];
    }
    for (int t = 0; t < 9; t++) {
      double power = Math.scalb(1.0, t + 1);
      double sum = 0;
      for (double s : sigma) {
        sum += Math.pow(s, power);
      }
      double expected = Math.pow(sum, 1 / power);
      double bound = GramNorm.enclose(w, 6, 6, SCALAR, t).upper();
      assertThat(bound).isCloseTo(expected, within(1e-14));
      assertThat(bound).isLessThan(Math.pow(6, 1 / power) * (1 + 1e-14));
    }
  }

  @Test
  void everyScaleFromSubnormalToOverflow() {
    double[] w = GemmTest.doubles(new Random(3), 30);
    GramNorm.Enclosure unit = enclose(w, 5, 6);
    for (int e : new int[] {-900, -660, 660, 1000}) {
      double[] scaled = new double[30];
      for (int i = 0; i < 30; i++) {
        scaled[i] = Math.scalb(w[i], e);
      }
      GramNorm.Enclosure moved = enclose(scaled, 5, 6);
      assertThat(moved.upper()).isEqualTo(Math.scalb(unit.upper(), e));
      assertThat(moved.lower()).isEqualTo(Math.scalb(unit.lower(), e));
    }
    double tiny = Double.MIN_VALUE;
    GramNorm.Enclosure subnormal = enclose(new double[] {3 * tiny, 0, 4 * tiny, 0}, 2, 2);
    assertThat(subnormal.upper()).isBetween(5 * tiny, 6 * tiny);
    assertThat(subnormal.lower()).isBetween(4 * tiny, 5 * tiny);
    double huge = Double.MAX_VALUE;
    GramNorm.Enclosure overflow = enclose(new double[] {huge, huge, huge, huge}, 2, 2);
    assertThat(overflow.upper()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(overflow.lower()).isEqualTo(huge);
    double[] mixed = {1e200, 1e-200, 1e-300, tiny};
    assertThat(exceedsNorm(enclose(mixed, 2, 2).upper(), mixed, 2, 2)).isTrue();
    assertThat(exceedsNorm(enclose(mixed, 2, 2).lower(), mixed, 2, 2)).isFalse();
  }

  @Test
  void largerMatricesAgreeWithSingularValues() {
    Random r = new Random(4);
    for (int[] size : new int[][] {{50, 30}, {30, 50}, {64, 10}, {1, 300}, {120, 120}}) {
      double[] w = GemmTest.doubles(r, size[0] * size[1]);
      double sigma = SpectralNorm.svd(w, size[0], size[1]);
      GramNorm.Enclosure e = GramNorm.enclose(w, size[0], size[1]);
      assertThat(e.upper()).isBetween(sigma * (1 - 1e-13), sigma * (1 + 1e-10));
      assertThat(e.lower()).isBetween(sigma * (1 - 1e-10), sigma * (1 + 1e-13));
    }
  }

  @Test
  void entriesThatAreNotFiniteAreRefusedByPosition() {
    assertThatThrownBy(() -> enclose(new double[] {1, 2, 3, Double.NaN, 5, 6}, 2, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("entry (1, 0) of a 2 x 3 matrix is NaN");
    assertThatThrownBy(() -> RowSumNorm.upper(new double[] {Double.NEGATIVE_INFINITY}, 1, 1))
        .hasMessageContaining("-Infinity");
  }

  @Test
  void rowSumsAreEnclosedExactly() {
    Random r = new Random(5);
    for (int trial = 0; trial < 100; trial++) {
      int cols = 1 + r.nextInt(50);
      double[] w = GemmTest.doubles(r, 3 * cols);
      BigDecimal exact = BigDecimal.ZERO;
      for (int i = 0; i < 3; i++) {
        BigDecimal sum = BigDecimal.ZERO;
        for (int j = 0; j < cols; j++) {
          sum = sum.add(new BigDecimal(Math.abs(w[i * cols + j])));
        }
        exact = exact.max(sum);
      }
      assertThat(new BigDecimal(RowSumNorm.upper(w, 3, cols))).isGreaterThanOrEqualTo(exact);
      assertThat(new BigDecimal(RowSumNorm.lower(w, 3, cols))).isLessThanOrEqualTo(exact);
      assertThat(RowSumNorm.upper(w, 3, cols))
          .isCloseTo(RowSumNorm.lower(w, 3, cols), within(1e-12));
    }
    assertThat(RowSumNorm.upper(new double[4], 2, 2)).isZero();
    double huge = Double.MAX_VALUE;
    assertThat(RowSumNorm.upper(new double[] {huge, huge}, 1, 2)).isInfinite();
    assertThat(RowSumNorm.lower(new double[] {huge, huge}, 1, 2)).isLessThanOrEqualTo(huge);
  }
}
