// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.rigor.run.claim.VarianceShares.INTERACTIONS;
import static org.rigor.run.claim.VarianceShares.REST;
import static org.rigor.run.claim.VarianceShares.SEED;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.run.statistics.Interval;

class VarianceSharesTest {
  private interface Value {
    double at(int a, int b, long seed);
  }

  /** A grid of two keys with three and two values. */
  private static VarianceShares shares(int seeds, Value f) {
    Map<Map<String, String>, Map<Long, Double>> values = new LinkedHashMap<>();
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 2; b++) {
        Map<Long, Double> cell = new LinkedHashMap<>();
        for (long s = 0; s < seeds; s++) {
          cell.put(s, f.at(a, b, s));
        }
        Map<String, String> at = new LinkedHashMap<>();
        at.put("a", Integer.toString(a));
        at.put("b", Integer.toString(b));
        values.put(at, cell);
      }
    }
    return VarianceShares.of(values).orElseThrow();
  }

  /** Sums of squares by hand: of a 4 * 2 * (1 + 0 + 1), of b 4 * 3 * 2 / 4, of the seeds 6 * 5. */
  @Test
  void effectsThatAddUpAreTakenApartExactly() {
    VarianceShares v = shares(4, (a, b, s) -> 7 + a + b + s);
    double total = 16 + 6 + 30;
    assertThat(v.mean()).isCloseTo(7 + 1 + 0.5 + 1.5, within(1e-12));
    assertThat(v.deviation()).isCloseTo(Math.sqrt(total / 23), within(1e-12));
    assertThat(v.shares().get("a")).isCloseTo(16 / total, within(1e-12));
    assertThat(v.shares().get("b")).isCloseTo(6 / total, within(1e-12));
    assertThat(v.shares().get(SEED)).isCloseTo(30 / total, within(1e-12));
    assertThat(v.shares().get(INTERACTIONS)).isCloseTo(0, within(1e-12));
    assertThat(v.shares().get(REST)).isCloseTo(0, within(1e-12));
  }

  @Test
  void whatKeysDoTogetherIsAnInteraction() {
    VarianceShares v = shares(3, (a, b, s) -> (a == 2 ? 1 : a == 1 ? 0 : -1) * (b == 0 ? 1 : -1));
    assertThat(v.shares().get(INTERACTIONS)).isCloseTo(1, within(1e-12));
    assertThat(v.shares().get("a")).isCloseTo(0, within(1e-12));
  }

  /** Where nothing but noise is, shares of keys are 0 on average, not degrees of freedom. */
  @Test
  void noiseAloneIsNobodysDoing() {
    Random random = new Random(1);
    double[] mean = new double[5];
    int runs = 400;
    int covered = 0;
    for (int i = 0; i < runs; i++) {
      VarianceShares v = shares(5, (a, b, s) -> random.nextGaussian());
      int k = 0;
      double sum = 0;
      for (double share : v.shares().values()) {
        mean[k++] += share / runs;
        sum += share;
      }
      assertThat(sum).isCloseTo(1, within(1e-12));
      Interval x = v.intervals().get("a").orElseThrow();
      covered += x.contains(0) ? 1 : 0;
    }
    // single shares deviate by about 0.08: the mean of 400 by 0.004
    assertThat(mean[0]).isCloseTo(0, within(0.016));
    assertThat(mean[1]).isCloseTo(0, within(0.016));
    assertThat(mean[2]).isCloseTo(0, within(0.016));
    assertThat(mean[3]).isCloseTo(0, within(0.02));
    assertThat(mean[4]).isCloseTo(1, within(0.03));
    assertThat(covered / (double) runs).isGreaterThan(0.85);
  }

  @Test
  void seedsWithoutAllValuesDoNotCountAndTooFewGiveNothing() {
    Map<Map<String, String>, Map<Long, Double>> values = new LinkedHashMap<>();
    values.put(Map.of("a", "0"), new LinkedHashMap<>(Map.of(0L, 1.0, 1L, 2.0, 2L, 50.0)));
    values.put(Map.of("a", "1"), new LinkedHashMap<>(Map.of(0L, 3.0, 1L, 4.0)));
    VarianceShares v = VarianceShares.of(values).orElseThrow();
    assertThat(v.seeds()).isEqualTo(2);
    assertThat(v.shares().get("a")).isCloseTo(4.0 / 5, within(1e-12));
    assertThat(v.intervals().get("a")).isEmpty();
    values.get(Map.of("a", "1")).remove(1L);
    assertThat(VarianceShares.of(values)).isEmpty();
  }
}
