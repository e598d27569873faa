// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorsTest {
  private static final DataRoots NOWHERE = new DataRoots(List.of());

  @ParameterizedTest
  @CsvSource({
    "0, 0.5",
    "1, 0.8413447460685429",
    "-1, 0.15865525393145705",
    "-2.5, 0.006209665325776132",
    "-3, 0.0013498980316300933",
    "-5, 2.866515718791939e-7",
    "-10, 7.619853024160525e-24",
    "-30, 4.906713927148187e-198",
  })
  void normalDistributionFunction(double x, double expected) {
    assertThat(NormalDistribution.cdf(x)).isCloseTo(expected, Percentage.withPercentage(1e-11));
    assertThat(NormalDistribution.cdf(-x)).isCloseTo(1 - expected, within(2e-16));
  }

  @Test
  void normalDistributionIsContinuousWhereItsFormulasMeet() {
    double h = Math.ulp(3.0);
    assertThat(NormalDistribution.cdf(-3 - h))
        .isCloseTo(NormalDistribution.cdf(-3), Percentage.withPercentage(1e-11));
    assertThat(NormalDistribution.cdf(Double.NEGATIVE_INFINITY)).isZero();
    assertThat(NormalDistribution.cdf(Double.POSITIVE_INFINITY)).isOne();
    assertThat(NormalDistribution.cdf(Double.NaN)).isNaN();
  }

  /** The best linear classifier, attacked exactly, errs as often as the closed form says. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.3})
  void theMixtureHasTheErrorItStates(double epsilon) {
    int n = 20_000;
    GaussianMixture mixture = GaussianMixture.strongAndWeak(n, 5, 1, 0.2, 7);
    DataSet d = mixture.load(NOWHERE);
    double[] w =
        Arrays.stream(mixture.mean()).map(m -> Math.max(0, Math.abs(m) - epsilon)).toArray();
    double loss = epsilon * Arrays.stream(w).sum();
    float[] x = d.inputs().floats();
    int errors = 0;
    for (int i = 0; i < n; i++) {
      double score = 0;
      for (int j = 0; j < 5; j++) {
        score += w[j] * x[5 * i + j];
      }
      if ((d.labels()[i] == 1 ? score : -score) - loss <= 0) {
        errors++;
      }
    }
    // Bhagoji, Cullina, Mittal 2019, theorem 2: the best attack moves the means together.
    double p = NormalDistribution.cdf(-Math.sqrt(Arrays.stream(w).map(v -> v * v).sum()));
    assertThat((double) errors / n).isCloseTo(p, within(4 * Math.sqrt(p * (1 - p) / n)));
  }

  @Test
  void moonsWithoutNoiseLieOnTheirCircles() {
    DataSet d = new TwoMoons(100, 0, 3).load(NOWHERE);
    float[] x = d.inputs().floats();
    for (int i = 0; i < 100; i++) {
      double u = d.labels()[i] == 0 ? x[2 * i] : 1 - x[2 * i];
      double v = d.labels()[i] == 0 ? x[2 * i + 1] : 0.5 - x[2 * i + 1];
      assertThat(Math.hypot(u, v)).isCloseTo(1, within(1e-6));
      assertThat(v).isGreaterThan(-1e-6);
    }
  }

  @Test
  void aLargerSetBeginsWithTheSmaller() {
    float[] few = new TwoMoons(10, 0.1, 5).load(NOWHERE).inputs().floats();
    float[] many = new TwoMoons(50, 0.1, 5).load(NOWHERE).inputs().floats();
    assertThat(Arrays.copyOf(many, few.length)).isEqualTo(few);
    assertThat(new TwoMoons(10, 0.1, 6).load(NOWHERE).inputs().floats()).isNotEqualTo(few);
    assertThat(new TwoMoons(10, 0.1, 5L + (1L << 32)).load(NOWHERE).inputs().floats())
        .as("the upper half of the seed counts")
        .isNotEqualTo(few);
  }

  @Test
  void mnist1dLikeIsStandardizedAndBalanced() {
    DataSet d = new Mnist1dLike(5000, 42).load(NOWHERE);
    assertThat(d.inputs().shape().dims()).containsExactly(5000, 40);
    assertThat(d.split().train()).hasSize(4000);
    double sum = 0;
    double squares = 0;
    for (float v : d.inputs().floats()) {
      sum += v;
      squares += v * v;
    }
    assertThat(sum / 200_000).isCloseTo(0, within(1e-6));
    assertThat(squares / 200_000).isCloseTo(1, within(1e-6));
    assertThat(Arrays.stream(d.labels()).filter(y -> y == 3).count()).isEqualTo(500);
  }

  /** Far above chance and far from solved: otherwise it could not tell models apart. */
  @Test
  void nearestNeighboursLearnSomeOfMnist1dLike() {
    DataSet d = new Mnist1dLike(5000, 42).load(NOWHERE);
    float[] x = d.inputs().floats();
    int right = 0;
    for (int t = 4000; t < 4300; t++) {
      int best = -1;
      double least = Double.MAX_VALUE;
      for (int i = 0; i < 4000; i++) {
        double distance = 0;
        for (int j = 0; j < 40; j++) {
          double v = x[40 * t + j] - x[40 * i + j];
          distance += v * v;
        }
        if (distance < least) {
          least = distance;
          best = i;
        }
      }
      right += d.labels()[best] == d.labels()[t] ? 1 : 0;
    }
    assertThat(right / 300.0).isBetween(0.3, 0.9);
  }

  /** Bits of generated data are part of what makes a trial repeatable, on every JDK. */
  @Test
  void checksumsArePinned() {
    assertThat(new Mnist1dLike(5000, 42).load(NOWHERE).sha256())
        .isEqualTo("3fe609a115bd9b5250b4d9eb1c9e7368d363273a2c948cb297a271f88db15eac");
    assertThat(GaussianMixture.strongAndWeak(2000, 20, 1, 0.2, 0).load(NOWHERE).sha256())
        .isEqualTo("e3e0a57f267e37606c9de15dc50ba19a1985b52901d8a02adebf46e28ca47d99");
    assertThat(new TwoMoons(1000, 0.1, 0).load(NOWHERE).sha256())
        .isEqualTo("5820d924f0b1bf3db278cfe5e19627bb69eedb7a73ee4f3da5aa587b230d4f61");
  }

  @Test
  void refusesParametersOutsideTheirRange() {
    assertThatThrownBy(() -> new TwoMoons(1, 0, 0)).hasMessageContaining("samples >= 2");
    assertThatThrownBy(() -> new TwoMoons(2, Double.NaN, 0)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new Mnist1dLike(9, 0)).hasMessageContaining("got 9");
    assertThatThrownBy(() -> new GaussianMixture(2, new double[0], 1, 0))
        .hasMessageContaining("0 coordinates");
    assertThatThrownBy(() -> new GaussianMixture(2, new double[] {Double.NaN}, 1, 0))
        .hasMessageContaining("finite");
  }

  @Test
  void theRingHasItsMeansOnACircle() {
    GaussianRing ring = new GaussianRing(3, 1.5, 2000, 10, 7);
    DataSet d = ring.load(NOWHERE);
    assertThat(d.split().train()).hasSize(6000);
    assertThat(d.split().test()).hasSize(30);
    for (int k = 0; k < 3; k++) {
      double[] mean = new double[2];
      double square = 0;
      for (int i = k; i < 6000; i += 3) {
        assertThat(d.labels()[i]).isEqualTo(k);
        mean[0] += d.inputs().floats()[2 * i] / 2000.0;
        mean[1] += d.inputs().floats()[2 * i + 1] / 2000.0;
        square += Math.pow(d.inputs().floats()[2 * i], 2) / 2000.0;
      }
      double angle = 2 * Math.PI * k / 3;
      assertThat(mean[0]).isCloseTo(1.5 * Math.cos(angle), within(0.1));
      assertThat(mean[1]).isCloseTo(1.5 * Math.sin(angle), within(0.1));
      assertThat(square - mean[0] * mean[0]).isCloseTo(1, within(0.15));
    }
    assertThatThrownBy(() -> new GaussianRing(1, 1, 1, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("classes >= 2");
  }
}
