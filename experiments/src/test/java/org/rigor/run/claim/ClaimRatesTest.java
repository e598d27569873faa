// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.run.statistics.Domain;
import org.rigor.run.statistics.Ranks;
import org.rigor.run.study.ClaimSpec;

/** How often chance alone decides a claim, and what infinite or missing values do to it. */
class ClaimRatesTest {
  private static final String LOWER = "lipschitz-lower";
  private static final int STUDIES = 2000;

  @TempDir Path folder;

  private <T extends ClaimSpec> T spec(String keys, Class<T> type) throws Exception {
    String claim = "{id: a, says: x, metric: lipschitz-lower, of: pgd, %s}".formatted(keys);
    return type.cast(Grid.read(folder, 5, claim).study().claims().get(0));
  }

  @ParameterizedTest
  @CsvSource({"2, 5", "3, 5", "4, 5", "6, 5", "3, 10"})
  void ordersByChanceAreATrendInOnePercentOfStudies(int points, int seeds) throws Exception {
    ClaimSpec.Trend rises =
        spec("type: trend, along: model.hidden, direction: rises", ClaimSpec.Trend.class);
    SplittableRandom random = new SplittableRandom(points * 100 + seeds);
    double[] x = random.doubles(points).sorted().toArray();
    int holds = 0;
    int violated = 0;
    for (int i = 0; i < STUDIES; i++) {
      double[] each = new double[seeds];
      Arrays.setAll(each, s -> Ranks.spearman(x, random.doubles(points).toArray()));
      Verdict v = TrendCase.of(rises, Map.of(), each, 0, 0, points).verdict(Judge.ALPHA);
      holds += v == Verdict.HOLDS ? 1 : 0;
      violated += v == Verdict.VIOLATED ? 1 : 0;
    }
    // Half of alpha on each side, and four standard errors of the count.
    double most = Judge.ALPHA / 2 + 4 * Math.sqrt(Judge.ALPHA / 2 / STUDIES);
    assertThat((double) holds / STUDIES).isLessThan(most);
    assertThat((double) violated / STUDIES).isLessThan(most);
  }

  @Test
  void chanceOfOrdersIsThatOfAllPermutations() {
    assertThat(RankChance.atLeast(1, 3, 5)).isCloseTo(Math.pow(1.0 / 6, 5), within(1e-15));
    assertThat(RankChance.atLeast(0.5, 3, 1)).isCloseTo(0.5, within(1e-15));
    assertThat(RankChance.atLeast(-1, 7, 4)).isCloseTo(1, within(1e-12));
    assertThat(RankChance.atLeast(1, 2, 5)).isCloseTo(1.0 / 32, within(1e-15));
    // Of 24 orders of four, 1 has correlation 1 and 3 have 0.8: one pair of neighbours changed.
    assertThat(RankChance.atLeast(0.8, 4, 1)).isCloseTo(4.0 / 24, within(1e-15));
  }

  @Test
  void aPeakByChanceIsRare() throws Exception {
    ClaimSpec.InteriorPeak peak =
        spec("type: interior-peak, along: model.hidden", ClaimSpec.InteriorPeak.class);
    SplittableRandom random = new SplittableRandom(7);
    int holds = 0;
    int violated = 0;
    int studies = 1000;
    for (int i = 0; i < studies; i++) {
      TreeMap<Double, Map<Long, Double>> points = new TreeMap<>();
      for (int w = 0; w < 5; w++) {
        Map<Long, Double> at = new TreeMap<>();
        for (long s = 0; s < 5; s++) {
          at.put(s, random.nextGaussian());
        }
        points.put((double) w, at);
      }
      Verdict v =
          new PeakCase(peak, Map.of(), points, 0, 25, 0, 0, Domain.ANY).verdict(Judge.ALPHA);
      holds += v == Verdict.HOLDS ? 1 : 0;
      violated += v == Verdict.VIOLATED ? 1 : 0;
    }
    double most = Judge.ALPHA + 4 * Math.sqrt(Judge.ALPHA / studies);
    assertThat((double) holds / studies).isLessThan(most);
    assertThat((double) violated / studies).isLessThan(most);
  }

  @Test
  void whatIsInfiniteDecidesNothing() throws Exception {
    String peak = "{type: interior-peak, id: a, says: x, metric: %s, of: pgd, along: model.hidden}";
    String slope =
        "{type: trend, id: a, says: x, metric: %s, of: pgd, along: model.hidden, direction: rises,"
            + " by: slope}";
    String level =
        "{type: level, id: a, says: x, metric: %s, of: pgd, relation: at-least, value: 0}";
    String share =
        "{type: difference, id: a, says: x, metric: %s, of: pgd, minus: standard, relative: true,"
            + " relation: at-least, value: -2}";
    for (String claim : List.of(peak, slope, level, share)) {
      List<Judgement> all =
          Grid.judge(
              folder,
              5,
              claim.formatted(LOWER),
              (m, n) ->
                  m.put(
                      LOWER,
                      m.seed == 2 && m.width == 8
                          ? Double.POSITIVE_INFINITY
                          : m.width + 0.01 * m.seed * m.epochs));
      for (Judgement j : all) {
        String width = j.settings().getOrDefault("model.hidden", "8");
        if (width.contains("8")) {
          assertThat(j.verdict()).as(claim).isEqualTo(Verdict.UNDECIDED);
        }
      }
    }
  }

  @Test
  void aShareOfNothingIsNoNumber() throws Exception {
    String claim =
        "{type: difference, id: a, says: x, metric: lipschitz-lower, of: pgd, minus: standard,"
            + " relative: true, relation: at-least, value: 0.1}";
    List<Judgement> all =
        Grid.judge(
            folder,
            6,
            claim,
            (m, n) ->
                m.put(
                    LOWER,
                    m.seed == 2 ? 0 : (m.method.equals("pgd") ? 1.5 : 1) * (1 + 0.01 * m.seed)));
    for (Judgement j : all) {
      assertThat(j.verdict()).isEqualTo(Verdict.UNDECIDED);
      assertThat(j.reason()).isEqualTo("1 of 6 seeds give no finite number");
    }
  }

  @Test
  void seedsThatLackAValueLeaveAClaimUndecided() throws Exception {
    String claim =
        "{type: level, id: a, says: x, metric: lipschitz-lower, of: pgd, relation: at-least,"
            + " value: 0}";
    List<Judgement> all =
        Grid.judge(
            folder,
            8,
            claim,
            (m, n) -> {
              if (m.seed > 1) {
                m.put(LOWER, 1 + 0.01 * m.seed);
              }
            });
    for (Judgement j : all) {
      assertThat(j.verdict()).isEqualTo(Verdict.UNDECIDED);
      assertThat(j.reason()).isEqualTo("the value of 2 of 8 seeds is undecided");
    }
  }

  @Test
  void halvesOfTheImagesHaveClassesInTurnAlike() {
    for (int classes : new int[] {2, 3, 10}) {
      for (int c = 0; c < classes; c++) {
        int second = 0;
        int n = 0;
        for (int i = c; i < 1000; i += classes) {
          second += Bits.half(i);
          n++;
        }
        assertThat((double) second / n).isBetween(0.45, 0.55);
      }
    }
    assertThat(Bits.half(0) + Bits.half(1)).as("two images are two halves").isEqualTo(1);
  }

  @Test
  void aPairThatOnlyOneClassTellsApartIsNone() throws Exception {
    String claim =
        "{type: coexistence, id: a, says: x, metric: attacked-accuracy, epsilon: 0.1, of: pgd,"
            + " within: 0.05, by: 0.1}";
    int n = 400;
    // Seed 0 is right on class 0 and seed 1 on class 1 under attack: alike in both accuracies.
    List<Judgement> all =
        Grid.judge(
            folder,
            2,
            claim,
            (m, number) -> {
              boolean[] clean = new boolean[n];
              boolean[] attacked = new boolean[n];
              Arrays.fill(clean, true);
              for (int i = 0; i < n; i++) {
                attacked[i] = i % 2 == m.seed;
              }
              m.images(clean, attacked);
            });
    assertThat(all.get(0).estimate()).isBetween(-0.05, 0.05);
    assertThat(all.get(0).verdict()).isNotEqualTo(Verdict.HOLDS);
  }
}
