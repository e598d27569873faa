// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.statistics.Interval;

/** Claims between grid points, between metrics, along a key and about pairs: each can fail. */
class ClaimKindsTest {
  private static final String LOWER = "lipschitz-lower";

  @TempDir Path folder;

  private static double noise(int number) {
    return 0.01 * (new SplittableRandom(number).nextDouble() - 0.5);
  }

  private Judgement one(String claim, DoubleUnaryOperator byWidth) throws Exception {
    List<Judgement> all =
        Grid.judge(
            folder,
            6,
            claim,
            (m, n) -> m.put(LOWER, byWidth.applyAsDouble(m.width) + m.epochs + noise(n)));
    assertThat(all).hasSize(2);
    assertThat(all.get(1).verdict()).isEqualTo(all.get(0).verdict());
    assertThat(all.get(0).settings()).containsOnlyKeys("training.epochs");
    return all.get(0);
  }

  @Test
  void aDifferenceBetweenTwoGridPoints() throws Exception {
    String claim =
        "{type: difference, id: a, says: x, metric: lipschitz-lower, of: pgd,"
            + " at: {model.hidden: [32, 32]}, minus-at: {model.hidden: [4, 4]}, relation: %s}";
    Judgement j = one(claim.formatted("at-least, value: 2"), w -> w / 10);
    assertThat(j.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(j.estimate()).isCloseTo(2.8, within(0.02));
    assertThat(one(claim.formatted("at-most, value: 2"), w -> w / 10).verdict())
        .isEqualTo(Verdict.VIOLATED);
    assertThat(one(claim.formatted("at-least, value: 2.8"), w -> w / 10).verdict())
        .isEqualTo(Verdict.UNDECIDED);
  }

  @Test
  void aMeasurementBesideItsTheory() throws Exception {
    String claim =
        "{type: difference, id: a, says: x, metric: lipschitz-lower, minus-metric: lipschitz-upper,"
            + " of: standard, at: {training.epochs: 3, model.hidden: [8, 8]}, relative: true,"
            + " relation: within, value: 0.05}";
    for (double off : new double[] {0.01, 0.2}) {
      List<Judgement> j =
          Grid.judge(
              folder,
              5,
              claim,
              (m, n) -> {
                m.put("lipschitz-upper", m.width * (1 + m.seed));
                m.put(LOWER, m.width * (1 + m.seed) * (1 + off + noise(n)));
              });
      assertThat(j).hasSize(1);
      assertThat(j.get(0).estimate()).isCloseTo(off, within(0.01));
      assertThat(j.get(0).verdict()).isEqualTo(off < 0.05 ? Verdict.HOLDS : Verdict.VIOLATED);
    }
  }

  @Test
  void aTrendRisesOrFallsOrNeither() throws Exception {
    String rises =
        "{type: trend, id: a, says: x, metric: lipschitz-lower, of: pgd, along: model.hidden,"
            + " direction: rises}";
    assertThat(one(rises, Math::log).verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(one(rises, w -> -w).verdict()).isEqualTo(Verdict.VIOLATED);
    assertThat(one(rises, w -> 0).verdict()).as("noise alone").isEqualTo(Verdict.UNDECIDED);
    assertThat(one(rises.replace("rises", "falls"), w -> -w).verdict()).isEqualTo(Verdict.HOLDS);
    String slope = rises.replace("direction: rises", "direction: rises, by: slope, log: true");
    Judgement j = one(slope.replace("by:", "value: 0.9, by:"), Math::log10);
    assertThat(j.estimate()).isCloseTo(1, within(0.01));
    assertThat(j.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(one(slope.replace("by:", "value: 1.1, by:"), Math::log10).verdict())
        .isEqualTo(Verdict.VIOLATED);
  }

  @Test
  void whatMovesInNoSeedMayMoveInAnother() throws Exception {
    String rises =
        "{type: trend, id: a, says: x, metric: lipschitz-lower, of: pgd, along: model.hidden,"
            + " direction: rises}";
    Judgement flat = Grid.judge(folder, 5, rises, (m, n) -> m.put(LOWER, 1)).get(0);
    assertThat(flat.verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(flat.estimate()).isZero();
    Interval i = flat.interval().orElseThrow();
    // Neighbours that change places among 4 move a correlation by 12 / 60; 99.5 %, 4 degrees.
    assertThat(i.high()).isCloseTo(5.5976 * 0.1 / Math.sqrt(5), within(1e-4));
    String slope = rises.replace("rises", "rises, by: slope");
    Judgement same = Grid.judge(folder, 5, slope, (m, n) -> m.put(LOWER, m.width)).get(0);
    assertThat(same.verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(same.interval()).isEmpty();
    assertThat(same.reason()).contains("all 5 seeds give one number");
  }

  /** A number that one finished trial could not decide is missing from no claim in silence. */
  @Test
  void anUndecidedValueOfOneSeedLeavesEveryKindOfClaimUndecided() throws Exception {
    String of = ", id: a, says: x, metric: lipschitz-lower, of: pgd";
    String point = ", at: {model.hidden: [8, 8], training.epochs: 3}";
    List<String> claims =
        List.of(
            "{type: level" + of + point + ", relation: at-least, value: 0}",
            "{type: difference" + of + point + ", minus: standard, relation: within, value: 5}",
            "{type: trend" + of + ", along: model.hidden, direction: rises}",
            "{type: interior-peak" + of + ", along: model.hidden}");
    for (String claim : claims) {
      for (boolean lacks : new boolean[] {false, true}) {
        for (Judgement j :
            Grid.judge(
                folder,
                7,
                claim,
                (m, n) -> {
                  boolean here = m.method.equals("pgd") && m.seed == 3 && m.width == 8;
                  if (!lacks || !here) {
                    double top = claim.contains("peak") && m.width == 16 ? 40 : 0;
                    m.put(LOWER, (m.method.equals("pgd") ? m.width : 10) + top + noise(n));
                  }
                })) {
          assertThat(j.verdict()).as(claim).isEqualTo(lacks ? Verdict.UNDECIDED : Verdict.HOLDS);
          if (lacks) {
            assertThat(j.reason()).contains("undecided");
          }
        }
      }
    }
  }

  @Test
  void aPeakInsideExceedsBothEnds() throws Exception {
    String peak =
        "{type: interior-peak, id: a, says: x, metric: lipschitz-lower, of: pgd,"
            + " along: model.hidden}";
    Judgement j = one(peak, w -> w == 16 ? 1 : w / 100);
    assertThat(j.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(j.reason()).contains("model.hidden = 16");
    assertThat(j.estimate()).as("over the higher end").isCloseTo(1 - 0.32, within(0.02));
    assertThat(j.interval().orElseThrow().low()).as("the limit that decides").isPositive();
    assertThat(one(peak, w -> w).verdict()).isEqualTo(Verdict.VIOLATED);
    assertThat(one(peak, w -> w == 16 ? 0.32 : w / 100).verdict())
        .as("as high as one end")
        .isEqualTo(Verdict.UNDECIDED);
  }

  @Test
  void networksThatMissTheirFlagAreLeftOutAndTooManyDecideNothing() throws Exception {
    String peak =
        "{type: interior-peak, id: a, says: x, metric: lipschitz-lower, of: pgd, flag:"
            + " lipschitz-upper, along: model.hidden, at: {training.epochs: 2}}";
    for (int missing = 0; missing < 4; missing++) {
      int out = missing;
      Judgement j =
          Grid.judge(
                  folder,
                  6,
                  peak,
                  (m, n) -> {
                    boolean bad = m.width == 8 && m.seed < out;
                    m.put("lipschitz-upper", bad ? 0 : 1);
                    m.put(LOWER, bad ? 1e6 : (m.width == 16 ? 1 : 0) + noise(n));
                  })
              .get(0);
      assertThat(j.reason()).contains(out == 2 ? "at least 5 seeds" : out + " of 24 networks");
      boolean few = out <= 1; // two of six seeds leave four
      assertThat(j.verdict()).isEqualTo(few ? Verdict.HOLDS : Verdict.UNDECIDED);
    }
  }

  private Verdict coexist(int images, int apartImages, double jitter) throws Exception {
    String claim =
        "{type: coexistence, id: a, says: x, metric: attacked-accuracy, epsilon: 0.1, by: 0.05,"
            + " within: 0.01, of: pgd}";
    List<Judgement> all =
        Grid.judge(
            folder,
            5,
            claim,
            (m, n) -> {
              SplittableRandom random = new SplittableRandom(n);
              boolean[] clean = new boolean[images];
              boolean[] attacked = new boolean[images];
              for (int i = 0; i < images; i++) {
                clean[i] = i % 100 != 0 ^ random.nextDouble() < jitter;
                boolean robust = m.width == 4 || i % 100 >= apartImages;
                attacked[i] = clean[i] && robust && i % 3 != 0;
              }
              m.images(clean, attacked);
            });
    assertThat(all).hasSize(1);
    return all.get(0).verdict();
  }

  @Test
  void twoNetworksMayBeAlikeAndFarApart() throws Exception {
    assertThat(coexist(4000, 30, 0.0005)).isEqualTo(Verdict.HOLDS);
    assertThat(coexist(4000, 0, 0.0005)).as("none is far apart").isEqualTo(Verdict.VIOLATED);
    assertThat(coexist(60, 30, 0.02)).as("too few images").isEqualTo(Verdict.UNDECIDED);
  }

  /** Equal networks with much luck: the best of 780 pairs looks far apart and is not. */
  @Test
  void theLuckiestOfManyPairsIsNoPair() throws Exception {
    String claim =
        "{type: coexistence, id: a, says: x, metric: attacked-accuracy, epsilon: 0.1, by: 0,"
            + " within: 0.5, of: pgd}";
    List<Judgement> all =
        Grid.judge(
            folder,
            5,
            claim,
            (m, n) -> {
              SplittableRandom random = new SplittableRandom(n);
              boolean[] clean = new boolean[300];
              boolean[] attacked = new boolean[300];
              for (int i = 0; i < 300; i++) {
                clean[i] = true;
                attacked[i] = random.nextDouble() < 0.5;
              }
              m.images(clean, attacked);
            });
    assertThat(all.get(0).verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(all.get(0).reason()).containsPattern("of 780 pairs .* \\d{2,} are that far apart");
  }
}
