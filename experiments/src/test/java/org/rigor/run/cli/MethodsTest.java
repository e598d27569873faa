// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;

/** Every training method of a study, on the CPU. */
class MethodsTest {
  private static final String STUDY =
      """
      name: methods
      data: {type: two-moons, samples: 120}
      model: {type: mlp, hidden: [8]}
      training:
        epochs: 3
        batch-size: 20
        held-out: 20
        optimiser: {type: sgd, learning-rate: 0.1, momentum: 0.9}
        methods:
          - {type: standard}
          - {type: standard, name: standard-ema, weights: {type: ema, decay: 0.9}}
          - {type: noise, sigma: 0.1}
          - {type: pgd, epsilon: 0.1, steps: 2, relative-step: 0.5}
          - {type: pgd, name: pgd-ema, epsilon: 0.1, steps: 2, weights: {type: ema, decay: 0.9}}
          - {type: pgd, name: pgd-swa, epsilon: 0.1, steps: 2, weights: {type: swa, start: 0.5}}
          - {type: pgd, name: pgd-awp, epsilon: 0.1, steps: 2, awp: {radius: 0.01}}
          - {type: fgsm-rs, epsilon: 0.1}
          - {type: free, epsilon: 0.1, replays: 4}
          - {type: trades, epsilon: 0.1, steps: 2, beta: 3}
          - {type: mart, epsilon: 0.1, steps: 2}
          - {type: adr, epsilon: 0.1, steps: 2, awp: {form: direct}}
          - {type: adr, name: adr-ema, epsilon: 0.1, steps: 2, weights: {type: ema}}
          - {type: pgd, name: pgd-best, epsilon: 0.1, steps: 2,
             weights: {type: held-out, epsilon: 0.1, steps: 2}}
          - {type: adr, name: adr-trades, epsilon: 0.1, steps: 2, base: trades}
          - {type: ibp, epsilon: 0.1}
          - {type: ibp, name: ibp-0.2, epsilon: 0.2, kappa: 0, warm-up: 0.1, ramp: 0.9}
          - {type: crown-ibp, epsilon: 0.1, beta: 0.5, initialisation: ibp, weights: {type: ema, decay: 0.9}}
          - {type: sabr, epsilon: 0.1, steps: 2, lambda: 0.3, awp: {radius: 0.01}}
          - {type: mtl-ibp, epsilon: 0.1, attack: fgsm}
      measurements:
        - {type: pgd-curve, epsilons: [0.05], steps: 2, restarts: 1, samples: 10}
        - {type: attack-ladder, epsilon: 0.05, steps: [2, 5], restarts: 2, samples: 10}
        - {type: attacked-calibration, epsilon: 0.05, steps: 3}
        - {type: noise-stability, sigmas: [0.01, 0.3]}
        - {type: timing, rounds: 3, steps: 2}
      sweep: {seeds: 1}
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
  void standardTrainingJoinsThePackWithItsWeights() throws Exception {
    StudyFile file = StudyFile.read(Shell.study(folder, STUDY), List.of());
    Identity identity = new Identity("0", "cpu", 1);
    List<List<String>> packs =
        Pack.group(Expansion.trials(file, d -> identity)).stream()
            .map(p -> p.trials().stream().map(t -> t.arm().method()).toList())
            .toList();
    assertThat(packs)
        .contains(List.of("standard", "noise"), List.of("standard-ema", "pgd-ema"))
        .contains(List.of("pgd"), List.of("pgd-swa"), List.of("trades"), List.of("adr-ema"))
        .contains(List.of("ibp", "ibp-0.2"), List.of("crown-ibp"), List.of("sabr"))
        .hasSize(17);
  }

  @Test
  void everyMethodTrainsAndIsMeasured() throws Exception {
    Path study = Shell.study(folder, STUDY);
    Path out = folder.resolve("runs");
    Shell.Result r = Shell.run("run", study, "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    RunRecord record = RunRecord.open(out.resolve("methods"));
    assertThat(record.trials()).hasSize(20);
    assertThat(record.results().values()).allMatch(t -> t.finished());
    for (TrialResult t : record.results().values()) {
      Map<String, Scalar> s = t.scalars();
      // Two single attacks of one strength, of which the second stops at the first success.
      assertThat(s.get("ladder-restarts").value())
          .isLessThanOrEqualTo(s.get("ladder-pgd-5").value() + 1e-12);
      assertThat(s.get("accuracy-once").value())
          .isCloseTo(s.get("clean-accuracy").value(), within(1e-12));
      assertThat(s.get("attacked-accuracy-once").value())
          .isLessThanOrEqualTo(s.get("accuracy-once").value());
      assertThat(s.get("noise-shift@0.01").value()).isLessThan(s.get("noise-shift@0.3").value());
      assertThat(s.get("training-step").value()).isPositive();
      assertThat(s.get("inference").value()).isPositive();
    }
    try (Stream<Path> models = Files.list(out.resolve("methods/models"))) {
      assertThat(models).hasSize(20);
    }
  }

  @Test
  void whatAMethodCannotUseIsAWrongStudy() throws Exception {
    String smoothed = STUDY.replace("epochs: 3", "epochs: 3\n  label-smoothing: 0.1");
    Shell.Result r = Shell.run("plan", Shell.study(folder, smoothed), "--device", "cpu");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("label-smoothing: mart has targets of its own");
    String none = STUDY.replace("        held-out: 20\n", "").replace("  held-out: 20\n", "");
    r = Shell.run("plan", Shell.study(folder, none), "--device", "cpu");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("pgd-best keeps the epoch best on held-out samples");
    String decay = STUDY.replace("weights: {type: ema}}", "weights: {type: ema, decay: 0.5}}");
    r = Shell.run("plan", Shell.study(folder, decay), "--device", "cpu");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err()).contains("adr keeps the average of its teacher, {type: ema, decay: 0.995}");
  }

  @Test
  void certifiedTrainingRefusesWhatItCannotReach() throws Exception {
    refuses(
        STUDY.replace("{type: ibp, epsilon: 0.1}", "{type: ibp, epsilon: 0}"),
        "epsilon: must be > 0");
    refuses(
        STUDY.replace("warm-up: 0.1, ramp: 0.9", "warm-up: 0.2, ramp: 0.9"),
        "'warm-up' and 'ramp' are shares of the training, together at most 1",
        "got 0.2 and 0.9");
    refuses(STUDY.replace("lambda: 0.3", "lambda: 0"), "lambda: must be > 0");
    refuses(
        STUDY.replace(
            "{type: mlp, hidden: [8]}",
            "{type: ln-mlp, width: 8, hidden: 8, depth: 1, units: top-k, keep: 4}"),
        "training.methods: ibp cannot train this network: no bound rule",
        "traced at TopK.java");
  }

  private void refuses(String study, String... says) throws Exception {
    Shell.Result r = Shell.run("plan", Shell.study(folder, study), "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isEqualTo(2);
    assertThat(r.err()).contains(says);
  }
}
