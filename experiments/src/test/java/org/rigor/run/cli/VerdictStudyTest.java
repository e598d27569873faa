// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rigor.io.Npy;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.TrialResult;
import org.rigor.tensor.HostTensor;

/** Verdicts in a study: stored, shown and made again. */
class VerdictStudyTest {
  private static final String STUDY =
      """
      name: decided
      data: {type: two-moons, samples: 160}
      model: {type: mlp, hidden: [12, 12]}
      training:
        epochs: 4
        batch-size: 20
        optimiser: {type: sgd, learning-rate: 0.2, momentum: 0.9}
        methods: [{type: standard}, {type: pgd, epsilon: 0.2, steps: 2}]
      measurements:
        - {type: verify-curve, epsilons: [0, 0.1, 0.2, 0.3, 0.5], steps: 4, restarts: 1,
           samples: 24, budget: 200}
      sweep: {seeds: 1}
      figures: [bracket, {type: first-to-fall, count: 2}]
      """;

  @TempDir Path folder;

  @BeforeEach
  void prepare() {
    System.setProperty("rigor.engine", RigorProvider.class.getName());
    System.setProperty("rigor.terminal", "0");
  }

  @AfterEach
  void clear() {
    System.clearProperty("rigor.engine");
    System.clearProperty("rigor.terminal");
  }

  @Test
  void verdictsAddUpAndAreMadeAgain() throws Exception {
    Path out = folder.resolve("runs");
    Shell.Result run =
        Shell.run("run", Shell.study(folder, STUDY), "--out", out, "--device", "cpu");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("samples in % at epsilon", "pgd, verified", "pgd, violated", "pgd, unknown");
    assertThat(Files.readString(out.resolve("decided/report.html")))
        .contains("Means over 1 seeds and 24 test images", "verdicts are unknown");
    RunRecord record = RunRecord.open(out.resolve("decided"));
    assertThat(record.results()).hasSize(2);
    for (TrialResult r : record.results().values()) {
      Curve verified = r.curve(Curve.Side.CERTIFIED).orElseThrow();
      Curve survived = r.curve(Curve.Side.ATTACKED).orElseThrow();
      assertThat(verified.ofVerdicts() && survived.ofVerdicts()).isTrue();
      Path file = out.resolve("decided/arrays/" + r.id() + "-verdicts.npy");
      HostTensor verdicts = Npy.read(file);
      for (int e = 0; e < 5; e++) {
        int[] count = new int[3];
        for (int n = 0; n < 24; n++) {
          int v = (int) verdicts.get(n * 5 + e);
          count[v + 1]++;
          assertThat(v)
              .isEqualTo(e < verified.survived()[n] ? 1 : e < survived.survived()[n] ? 0 : -1);
        }
        String name = "unknown-share@" + new String[] {"0", "0.1", "0.2", "0.3", "0.5"}[e];
        assertThat(r.scalars().get(name).value()).isEqualTo(count[1] / 24.0);
        assertThat(verified.correct(e)).isEqualTo(count[2]);
        assertThat(24 - survived.correct(e)).isEqualTo(count[0]);
      }
    }
    Shell.Result again = Shell.run("reproduce", out.resolve("decided"), "--device", "cpu");
    assertThat(again.exit()).as(again.out() + again.err()).isZero();
  }

  /** Both sides enclose the distance; where all is decided they differ by a step of the grid. */
  @Test
  void distancesAreEnclosedFromBothSides() throws Exception {
    Path out = folder.resolve("runs");
    String measured = "- {type: distance, farthest: 0.8, steps: 16, samples: 20, restarts: 1}\n";
    int from = STUDY.indexOf("- {type: verify-curve");
    int to = STUDY.indexOf("sweep:");
    String study =
        (STUDY.substring(0, from) + measured + STUDY.substring(to))
            .replaceFirst(
                "figures: .*",
                "figures: [{type: family, x: distance, metrics: [verified-distance-histogram,"
                    + " violated-distance-histogram]}]");
    Shell.Result run =
        Shell.run("run", Shell.study(folder, study), "--out", out, "--device", "cpu");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out()).contains("verified-distance").doesNotContain("histogram");
    assertThat(out.resolve("decided/figures/1-family.svg")).isNotEmptyFile();
    for (TrialResult r : RunRecord.open(out.resolve("decided")).results().values()) {
      HostTensor sides = Npy.read(out.resolve("decided/arrays/" + r.id() + "-distance.npy"));
      assertThat(sides.shape().dims()).containsExactly(20, 3);
      int decided = 0;
      for (int n = 0; n < 20; n++) {
        double low = sides.get(n * 3);
        double high = sides.get(n * 3 + 1);
        assertThat(low).isLessThanOrEqualTo(high);
        assertThat(high).isLessThanOrEqualTo(sides.get(n * 3 + 2));
        decided += high - low <= 0.05 * (1 + 1e-12) ? 1 : 0;
      }
      assertThat(decided).isGreaterThan(10);
      assertThat(r.scalars().get("distance-resolution").value()).isEqualTo(0.8 / 16);
      double sum =
          r.scalars().entrySet().stream()
              .filter(e -> e.getKey().startsWith("verified-distance-histogram@"))
              .mapToDouble(e -> e.getValue().value())
              .sum();
      assertThat(sum).isCloseTo(1, within(1e-12));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "budget: 200 | budget: 0 | must be",
        "budget: 200 | budget: -5 | must be",
        "budget: 200 | budget: 1.5 | expected a whole number",
        "budget: 200 | method: gamma-crown | expected one of beta-crown",
        "0.2, 0.3 | 0.3, 0.2 | epsilons must ascend",
        "budget: 200 | norm: l1 | linf, l2"
      })
  void wrongInputIsRefusedAtOnce(String right, String wrong, String says) throws Exception {
    Path study = Shell.study(folder, STUDY.replace(right, wrong));
    Shell.Result run = Shell.run("run", study, "--out", folder.resolve("x"), "--device", "cpu");
    assertThat(run.exit()).as(run.out()).isEqualTo(2);
    assertThat(run.err()).contains(says);
    assertThat(folder.resolve("x")).doesNotExist();
  }
}
