// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MixingTest {
  /** Stationary AR(1): x' = phi x + sqrt(1 - phi^2) z. */
  private static double[][] ar1(double phi, int chains, int n, long seed) {
    Random r = new Random(seed);
    double[][] out = new double[chains][n];
    for (double[] c : out) {
      c[0] = r.nextGaussian();
      for (int t = 1; t < n; t++) {
        c[t] = phi * c[t - 1] + Math.sqrt(1 - phi * phi) * r.nextGaussian();
      }
    }
    return out;
  }

  /** Autocorrelation phi^k: N draws are worth N (1 - phi) / (1 + phi). */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 0.7, 0.9, -0.3})
  void effectiveSizeOfAnAutoregression(double phi) {
    double[][] x = ar1(phi, 4, 20_000, 1);
    double expected = 80_000 * (1 - phi) / (1 + phi);
    assertThat(Mixing.ess(x)).isCloseTo(expected, Percentage.withPercentage(8));
    assertThat(Mixing.bulkEss(x)).isCloseTo(expected, Percentage.withPercentage(8));
    assertThat(Mixing.rHat(x)).isBetween(0.9999, 1.003);
  }

  /** A draw counts as below its 5 % quantile on its own where all draws are independent. */
  @Test
  void tailsOfIndependentDraws() {
    assertThat(Mixing.tailEss(ar1(0, 4, 5000, 2))).isCloseTo(20_000, Percentage.withPercentage(15));
  }

  /** Shifting one of two chains by d: R-hat^2 tends to 1 + B / W, here of split chains' ranks. */
  @Test
  void chainsThatHaveNotMet() {
    double[][] x = ar1(0, 4, 1000, 3);
    x[0] = Arrays.stream(x[0]).map(v -> v + 1).toArray();
    assertThat(Mixing.rHat(x)).isGreaterThan(1.05);
    double[][] wide = ar1(0, 4, 1000, 3);
    wide[0] = Arrays.stream(wide[0]).map(v -> 3 * v).toArray();
    assertThat(Mixing.rHat(wide)).as("the folded draws see scales").isGreaterThan(1.05);
    double[][] drift = ar1(0, 1, 1000, 3);
    for (int t = 0; t < 1000; t++) {
      drift[0][t] += t / 500.0;
    }
    assertThat(Mixing.rHat(drift)).as("split halves see a drift").isGreaterThan(1.05);
  }

  /** Blom's scores of 1, 2, 3, 3 with shared ranks; plain R-hat worked out by hand. */
  @Test
  void ranksByHand() {
    double[][] z = Mixing.rankNormalised(new double[][] {{1, 3}, {2, 3}});
    assertThat(z[0][0]).isCloseTo(Mixing.normalQuantile(0.625 / 4.25), within(1e-14));
    assertThat(z[0][1]).isEqualTo(z[1][1]);
    assertThat(z[1][1]).isCloseTo(Mixing.normalQuantile(3.125 / 4.25), within(1e-14));
    assertThat(Mixing.normalQuantile(0.975)).isCloseTo(1.959963984540054, within(1e-13));
    assertThat(Mixing.normalQuantile(1e-6)).isCloseTo(-4.753424308822899, within(1e-11));
  }

  @Test
  void stuckChainsFail() {
    double[][] stuck = new double[4][100];
    for (int c = 0; c < 4; c++) {
      Arrays.fill(stuck[c], c);
    }
    assertThat(Mixing.rHat(stuck)).isNaN();
    Chains chains =
        new Chains(
            java.util.List.of(java.util.Map.of()),
            new double[] {0, 0},
            new int[2],
            new double[2],
            true);
    assertThat(Diagnosis.of(chains, new double[][][] {stuck}).passes()).isFalse();
    double[][] one = ar1(0, 4, 1000, 4);
    Arrays.fill(one[2], 0.5);
    assertThat(Diagnosis.of(chains, new double[][][] {one}).passes()).isFalse();
    double[][] good = ar1(0, 4, 1000, 5);
    assertThat(Diagnosis.of(chains, new double[][][] {good}).passes()).isTrue();
    assertThat(Diagnosis.of(chains, new double[][][] {good, stuck}).passes()).isFalse();
    good[0][7] = Double.NaN;
    assertThat(Diagnosis.of(chains, new double[][][] {good}).passes()).isFalse();
  }

  @Test
  void onlyChainsThatPassSpeakForAPosterior() {
    Diagnosis good = new Diagnosis(1.009, 401, 400, 0.8, 0);
    assertThat(Standing.of(good, 1, true)).isEqualTo(Standing.POSTERIOR);
    assertThat(Standing.of(good, 0.5, true)).isEqualTo(Standing.COLD);
    assertThat(Standing.of(good, 2, true)).isEqualTo(Standing.WARM);
    assertThat(Standing.COLD.isBayesian()).isFalse();
    for (Diagnosis bad :
        new Diagnosis[] {
          new Diagnosis(1.011, 500, 500, 0.8, 0),
          new Diagnosis(1, 399, 500, 0.8, 0),
          new Diagnosis(1, 500, 399, 0.8, 0),
          new Diagnosis(1, 500, 500, 0.8, 1),
          new Diagnosis(Double.NaN, 500, 500, 0.8, 0)
        }) {
      assertThat(Standing.of(bad, 1, true)).as("%s", bad).isEqualTo(Standing.ENSEMBLE);
    }
  }

  @Test
  void refusesWhatItCannotJudge() {
    assertThatThrownBy(() -> Mixing.rHat(new double[][] {{1, 2, 3}}))
        .hasMessageContaining("at least 8");
  }
}
