// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.diff.Kind;
import org.rigor.run.statistics.Interval;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

class JudgeTest {
  private static final int IMAGES = 400;
  @TempDir Path folder;

  /** Judges one claim; standard survives 0.3 of the images, pgd {@code pgd[seed]} of them. */
  private List<Judgement> judge(String claims, double... pgd) throws Exception {
    Path file = folder.resolve("s.yaml");
    Files.writeString(
        file,
        """
        name: small
        data: {type: digits}
        model: {type: mlp, hidden: [16]}
        training:
          epochs: 2
          optimiser: {type: sgd, learning-rate: 0.1}
          methods: [{type: standard}, {type: pgd, epsilon: 0.1}]
        measurements: [{type: pgd-curve, epsilons: [0.1]}]
        sweep: {seeds: %d}
        claims: [%s]
        """
            .formatted(pgd.length, claims));
    StudyFile study = StudyFile.read(file, List.of());
    List<Trial> trials = Expansion.trials(study, d -> new Identity("d", "cpu", 1));
    Map<String, TrialResult> results = new LinkedHashMap<>();
    for (Trial t : trials) {
      boolean robust = t.spec().method() instanceof MethodSpec.Pgd;
      int good = (int) Math.round(IMAGES * (robust ? pgd[(int) t.spec().seed()] : 0.3));
      int[] survived = new int[IMAGES];
      boolean[] correct = new boolean[IMAGES];
      for (int i = 0; i < IMAGES; i++) {
        survived[i] = i < good ? 1 : 0;
        correct[i] = true;
      }
      Curve c = new Curve(Curve.Side.ATTACKED, "pgd", Kind.CERTIFIED, new double[] {0.1}, survived);
      results.put(
          t.id(),
          new TrialResult(
              t.id(), Outcome.FINISHED, "", 1, Map.of(), correct, List.of(c), List.of()));
    }
    return Judge.judge(study.study(), trials, results);
  }

  private static String claim(String id, String relation, double value, String error) {
    return ("{type: difference, id: %s, says: x, metric: attacked-accuracy, epsilon: 0.1, of: pgd,"
            + " minus: standard, relation: %s, value: %s, error: %s}")
        .formatted(id, relation, value, error);
  }

  @Test
  void theWholeIntervalDecides() throws Exception {
    double[] gains = {0.7, 0.71, 0.69, 0.72, 0.7};
    assertThat(judge(claim("a", "at-least", 0.3, "seeds"), gains).get(0).verdict())
        .isEqualTo(Verdict.HOLDS);
    assertThat(judge(claim("a", "at-least", 0.5, "seeds"), gains).get(0).verdict())
        .isEqualTo(Verdict.VIOLATED);
    assertThat(judge(claim("a", "at-least", 0.4, "seeds"), gains).get(0).verdict())
        .isEqualTo(Verdict.UNDECIDED);
    assertThat(judge(claim("a", "at-most", 0.5, "seeds"), gains).get(0).verdict())
        .isEqualTo(Verdict.HOLDS);
    assertThat(judge(claim("a", "within", 0.5, "seeds"), gains).get(0).verdict())
        .isEqualTo(Verdict.HOLDS);
    assertThat(judge(claim("a", "within", 0.3, "seeds"), gains).get(0).verdict())
        .isEqualTo(Verdict.VIOLATED);
  }

  @Test
  void fourSeedsDecideNothingAboutSeedsButImagesMay() throws Exception {
    Judgement seeds = judge(claim("a", "at-least", 0.3, "seeds"), 0.7, 0.7, 0.7, 0.7).get(0);
    assertThat(seeds.verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(seeds.reason()).isEqualTo("needs at least 5 seeds, has 4");
    Judgement images = judge(claim("a", "at-least", 0.3, "images"), 0.7).get(0);
    assertThat(images.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(images.count()).isEqualTo(IMAGES);
  }

  @Test
  void equalModelsDoNotGiveAnIntervalOfNoWidthOverImages() throws Exception {
    Judgement j = judge(claim("a", "at-most", 0, "images"), 0.3).get(0);
    assertThat(j.verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(j.interval().orElseThrow().high()).isGreaterThan(0);
  }

  @Test
  void claimsShareAlpha() throws Exception {
    List<String> claims = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      claims.add(claim("c" + i, "at-least", 0.375, "seeds"));
    }
    double[] gains = {0.7, 0.71, 0.69, 0.72, 0.7};
    Judgement alone = judge(claims.get(0), gains).get(0);
    List<Judgement> many = judge(String.join(", ", claims), gains);
    assertThat(alone.verdict()).isEqualTo(Verdict.HOLDS);
    assertThat(alone.level()).isEqualTo(0.99);
    assertThat(many).allMatch(j -> j.verdict() == Verdict.UNDECIDED && j.level() == 0.999);
  }

  @Test
  void fiveEqualSeedsAreNoProofOfNoVariance() throws Exception {
    // A share of 400 images is known to half an image: +- 4.604 / 800 / sqrt(5) = 0.0026.
    double[] equal = {0.3, 0.3, 0.3, 0.3, 0.3};
    Judgement j = judge(claim("a", "at-least", 0, "seeds"), equal).get(0);
    assertThat(j.verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(j.interval().orElseThrow().low()).isBetween(-0.0026, -0.0025);
    assertThat(j.interval().orElseThrow().high()).isBetween(0.0025, 0.0026);
    assertThat(judge(claim("a", "within", 0.01, "seeds"), equal).get(0).verdict())
        .isEqualTo(Verdict.HOLDS);
  }

  @Test
  void differencesOfSharesStayBetweenMinusOneAndOne() throws Exception {
    Judgement j = judge(claim("a", "at-least", 0.3, "seeds"), 0.2, 0.9).get(0);
    assertThat(j.interval().orElseThrow()).isEqualTo(new Interval(-1, 1, true));
    assertThat(j.verdict()).isEqualTo(Verdict.UNDECIDED);
  }
}
