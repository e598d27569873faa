// SPDX-License-Identifier: Apache-2.0
package org.rigor.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** Proper scores, AUROC and selective risk against brute force and cases worked by hand. */
class ScoresTest {
  @Test
  void properScoresOfKnownDistributions() {
    Predictions p =
        new Predictions(new double[] {0.7, 0.2, 0.1, 0.25, 0.25, 0.5}, 3, new int[] {0, 1});
    assertThat(ProperScores.negativeLogLikelihood(p))
        .isCloseTo(-(Math.log(0.7) + Math.log(0.25)) / 2, within(1e-15));
    assertThat(ProperScores.brier(p))
        .isCloseTo((0.09 + 0.04 + 0.01 + 0.0625 + 0.5625 + 0.25) / 2, within(1e-15));
    assertThat(p.predicted(1)).isEqualTo(2);
    assertThat(p.confidences().correct()).containsExactly(true, false);
    Predictions flat = new Predictions(new double[] {0.25, 0.25, 0.25, 0.25}, 4, new int[] {3});
    assertThat(flat.entropies()[0]).isCloseTo(Math.log(4), within(1e-15));
    assertThat(ProperScores.brier(flat)).isCloseTo(0.75, within(1e-15));
  }

  @Test
  void softmaxAndLogitsAgreeAndLargeLogitsStayFinite() {
    Random r = new Random(2);
    double[] z = r.doubles(4 * 30, -6, 6).toArray();
    int[] y = r.ints(30, 0, 4).toArray();
    for (double t : new double[] {0.5, 1, 3}) {
      assertThat(ProperScores.negativeLogLikelihood(Predictions.softmax(z, 4, y, t)))
          .isCloseTo(ProperScores.negativeLogLikelihood(z, 4, y, t), within(1e-12));
    }
    double[] far = {2000, 0};
    assertThat(ProperScores.negativeLogLikelihood(far, 2, new int[] {1}, 1)).isEqualTo(2000);
    assertThat(ProperScores.negativeLogLikelihood(Predictions.softmax(far, 2, new int[] {1}, 1)))
        .isInfinite();
  }

  @Test
  void aurocIsTheShareOfOrderedPairs() {
    Random r = new Random(4);
    for (int t = 0; t < 20; t++) {
      double[] up = r.ints(3 + t, 0, 12).asDoubleStream().toArray();
      double[] down = r.ints(5 + 2 * t, -4, 8).asDoubleStream().toArray();
      double pairs = 0;
      for (double a : up) {
        for (double b : down) {
          pairs += a > b ? 1 : a == b ? 0.5 : 0;
        }
      }
      Auroc found = Auroc.of(up, down);
      assertThat(found.value()).isCloseTo(pairs / (up.length * down.length), within(1e-14));
      assertThat(found.low()).isLessThan(found.value());
      assertThat(found.high()).isGreaterThan(found.value());
    }
  }

  /** Positives 1, 3 and negatives 0, 2: shares 1/2, 1 and 1, 1/2, each of variance 1/8. */
  @Test
  void delongsErrorOfFourScores() {
    Auroc a = Auroc.of(new double[] {1, 3}, new double[] {0, 2});
    assertThat(a.value()).isEqualTo(0.75);
    assertThat(a.standardError()).isCloseTo(Math.sqrt(0.125 / 2 + 0.125 / 2), within(1e-15));
  }

  /** Shares 1/2, 1, 1 of variance 1/12 and 1, 2/3 of variance 1/18. */
  @Test
  void delongsErrorOfGroupsOfUnequalSize() {
    Auroc a = Auroc.of(new double[] {1, 3, 4}, new double[] {0, 2});
    assertThat(a.value()).isCloseTo(5 / 6.0, within(1e-15));
    assertThat(a.standardError()).isCloseTo(Math.sqrt(1 / 36.0 + 1 / 36.0), within(1e-15));
  }

  @Test
  void aurocOfNormalScoresLiesInItsInterval() {
    Random r = new Random(8);
    int hits = 0;
    for (int t = 0; t < 100; t++) {
      double[] up = r.doubles(80).map(u -> r.nextGaussian() + Math.sqrt(2)).toArray();
      double[] down = r.doubles(60).map(u -> r.nextGaussian()).toArray();
      Auroc a = Auroc.of(up, down);
      double truth = 0.8413447460685429; // Phi(sqrt(2) / sqrt(2))
      hits += a.low() <= truth && truth <= a.high() ? 1 : 0;
    }
    assertThat(hits).isBetween(88, 100);
  }

  @Test
  void perfectScoresKeepAnInterval() {
    Auroc a = Auroc.of(new double[] {5, 6, 7}, new double[] {1, 2, 3, 4});
    assertThat(a.value()).isEqualTo(1);
    assertThat(a.low()).isBetween(0.0, 0.9);
    assertThat(a.high()).isEqualTo(1);
    assertThatThrownBy(() -> Auroc.of(new double[] {1, Double.NaN}, new double[] {0, 1}))
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> Auroc.of(new double[] {1}, new double[] {0, 1}))
        .hasMessageContaining("1 and 2");
  }

  @Test
  void riskOfTheSurestWithTiesTogether() {
    SelectiveRisk s =
        SelectiveRisk.of(new double[] {0.9, 0.5, 0.7, 0.7, 0.1}, new double[] {0, 1, 1, 0, 1});
    assertThat(s.coverage()).containsExactly(0.2, 0.6, 0.8, 1);
    assertThat(s.risk()).containsExactly(0, 1 / 3.0, 0.5, 0.6);
    assertThat(s.at(0.2)).isEqualTo(0);
    assertThat(s.at(0.5)).isEqualTo(1 / 3.0);
    assertThat(s.at(1)).isEqualTo(0.6);
    assertThat(s.area()).isCloseTo(0.2 * 0 + 0.4 / 3 + 0.2 * 0.5 + 0.2 * 0.6, within(1e-15));
  }

  @Test
  void refusesWhatIsNoDistribution() {
    assertThatThrownBy(() -> new Predictions(new double[] {0.5, 0.6}, 2, new int[] {0}))
        .hasMessageContaining("sum to 1");
    assertThatThrownBy(() -> new Predictions(new double[] {1.5, -0.5}, 2, new int[] {0}))
        .hasMessageContaining("negative");
    assertThatThrownBy(() -> new Predictions(new double[] {1, 0}, 2, new int[] {2}))
        .hasMessageContaining("0..1");
  }
}
