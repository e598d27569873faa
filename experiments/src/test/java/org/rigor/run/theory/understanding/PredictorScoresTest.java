// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.run.theory.LawCheck;
import org.rigor.run.theory.RecordingLab;
import org.rigor.uncertainty.Prediction;
import org.rigor.uncertainty.Score;

class PredictorScoresTest {
  private static final int[] LABELS = {0, 0, 0, 0};

  /** Of one seed: right where the first class leads; the uncertainties as given. */
  private static Prediction prediction(String right, double... u) {
    double[][] log = new double[4][];
    for (int n = 0; n < 4; n++) {
      log[n] =
          right.charAt(n) == '1'
              ? new double[] {Math.log(0.8), Math.log(0.2)}
              : new double[] {Math.log(0.2), Math.log(0.8)};
    }
    return new Prediction(new double[][][] {log}, Map.of(Score.ENTROPY, new double[][] {u}));
  }

  @Test
  void countsByHand() {
    Prediction clean = prediction("1110", 0.1, 0.2, 0.3, 0.4);
    assertThat(PredictorScores.accuracy(clean, LABELS)).containsExactly(0.75);
    assertThat(PredictorScores.negativeLogLikelihood(clean, LABELS)[0])
        .isCloseTo(-(3 * Math.log(0.8) + Math.log(0.2)) / 4, within(1e-15));
    double[] limit = PredictorScores.thresholds(clean, Score.ENTROPY, 0.5);
    assertThat(limit).containsExactly(0.2);
    Prediction attacked = prediction("0110", 0.15, 0.5, 0.3, 0.1);
    assertThat(PredictorScores.wrongAccepted(clean, LABELS, Score.ENTROPY, limit))
        .containsExactly(0);
    assertThat(PredictorScores.wrongAccepted(attacked, LABELS, Score.ENTROPY, limit))
        .containsExactly(0.5);
    assertThat(PredictorScores.sentAway(clean, attacked, LABELS, Score.ENTROPY, limit))
        .containsExactly(0.5);
    assertThat(PredictorScores.errorsAccepted(clean, attacked, LABELS, Score.ENTROPY, limit))
        .containsExactly(1);
  }

  /** Worst points: sample 0 wrong at 0.15, 1 right at 0.5, 2 right at 0.6, 3 wrong at 0.1. */
  @Test
  void theWorstPointOfEachSample() {
    Prediction clean = prediction("1110", 0.1, 0.2, 0.3, 0.4);
    Prediction first = prediction("0110", 0.15, 0.5, 0.3, 0.1);
    Prediction second = prediction("0110", 0.9, 0.1, 0.6, 0.2);
    // by rising uncertainty: wrong (0.1), wrong (0.15), right, right
    for (List<Prediction> order :
        List.of(List.of(clean, first, second), List.of(second, first, clean))) {
      assertThat(PredictorScores.worst(order, LABELS, Score.ENTROPY, 0).risk())
          .containsExactly(new double[] {1, 1, 2 / 3.0, 0.5}, within(1e-15));
    }
    assertThat(PredictorScores.selective(clean, LABELS, Score.ENTROPY, 0).risk())
        .containsExactly(0, 0, 0, 0.25);
  }

  /** So small that chains cannot pass: the Bayesian claims are left out, and it says so. */
  @Test
  void aTinyComparisonDecidesNothingAboutBayes() {
    RecordingLab lab =
        LawCheck.measure(
            LawCheck.law(
                PredictorComparison.class,
                "train=20",
                "test=12",
                "valid=10",
                "width=3",
                "members=2",
                "draws=8",
                "epochs=6",
                "rank=2",
                "adam-steps=5",
                "chains=2",
                "keep=8",
                "warm-up=2",
                "leapfrogs=3",
                "langevin-steps=20",
                "scores=[max-probability]",
                "noise=[0.3]",
                "epsilons=[0.1]",
                "steps=2",
                "starts=1"));
    assertThat(lab.reports())
        .containsEntry("hmc, chains passed", 0.0)
        .containsEntry("claims about Bayesian networks are decided", 0.0);
    assertThat(lab.claims()).noneMatch(c -> c.id().contains("hmc"));
    assertThat(lab.claims()).anyMatch(c -> c.id().equals("ensemble-is-fooled"));
    assertThat(lab.charts()).isNotEmpty();
    assertThat(lab.reports().get("single, attacked accuracy at 0.1"))
        .isLessThanOrEqualTo(lab.reports().get("single, accuracy"));
  }
}
