// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.attack.Attacks;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** Studies name attacks as the command line does, from the engine's list. */
class NamedAttackTest {
  private static final String STUDY =
      """
      name: named
      data: {type: two-moons, samples: 120}
      model: {type: mlp, hidden: [4]}
      training:
        epochs: 1
        batch-size: 20
        held-out: 20
        optimiser: {type: sgd, learning-rate: 0.1}
        methods:
          - {type: pgd, ATTACKepsilon: 0.3, steps: 2,
             weights: {type: held-out, ATTACKepsilon: 0.3, steps: 2}}
          - {type: trades, ATTACKepsilon: 0.3, steps: 2}
      measurements:
        - {type: pgd-curve, ATTACKepsilons: [0, 0.3], steps: 3, samples: 20}
        - {type: attack-ladder, ATTACKepsilon: 0.3, steps: [2, 3], restarts: 2, samples: 20}
        - {type: lipschitz-neighbourhood, ATTACKsamples: 20, mixtures: 5, steps: 3}
        - {type: sensor-error, ATTACKdeltas: [0.1], samples: 20, steps: 3}
        - {type: attacked-calibration, ATTACKepsilon: 0.3, steps: 3, samples: 20}
      sweep: {seeds: 1}
      """;

  private static final Map<String, List<TrialResult>> RUNS = new HashMap<>();

  @TempDir static Path folder;

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

  private static String study(String attack) {
    return STUDY.replace("ATTACK", attack.isEmpty() ? "" : "attack: " + attack + ", ");
  }

  /** Returns the trials of the study, which each attack runs once. */
  private static List<TrialResult> run(String attack) throws Exception {
    if (RUNS.containsKey(attack)) {
      return RUNS.get(attack);
    }
    Path out = folder.resolve("runs-" + attack);
    Shell.Result r =
        Shell.run("run", Shell.study(folder, study(attack)), "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    List<TrialResult> found = List.copyOf(RunRecord.open(out.resolve("named")).results().values());
    assertThat(found).hasSize(2);
    RUNS.put(attack, found);
    return found;
  }

  @Test
  void everyAttackOfTheListRunsFromAStudy() throws Exception {
    List<String> names = Attacks.namesForAnyLoss();
    assertThat(names).contains("pgd", "fgsm");
    for (String name : names) {
      for (TrialResult t : run(name)) {
        assertThat(t.curves()).extracting(Curve::method).containsExactly(name);
        assertThat(t.scalars())
            .containsKeys("ladder-" + name + "-2", "ladder-" + name + "-3", "attacked-ece")
            .containsKeys("lipschitz-attacked", "sensor-found@0.1");
      }
    }
  }

  /** FGSM has one step and no random start, whatever the study says of steps and restarts. */
  @Test
  void theNamedAttackIsTheOneThatRuns() throws Exception {
    for (TrialResult fast : run("fgsm")) {
      for (String rung : List.of("ladder-fgsm-2", "ladder-fgsm-3", "ladder-restarts")) {
        assertThat(fast.scalars().get(rung)).isEqualTo(fast.scalars().get("ladder-fgsm"));
      }
      assertThat(fast.scalars().get("ladder-fall").value()).isZero();
    }
  }

  /** In training too: its step is the radius, whatever length the study gives PGD. */
  @Test
  void fgsmInTrainingIsOneFullStepFromTheSample() throws Exception {
    String study =
        """
        name: full
        data: {type: two-moons, samples: 120}
        model: {type: mlp, hidden: [4]}
        training:
          epochs: 2
          batch-size: 20
          optimiser: {type: sgd, learning-rate: 0.1}
          methods:
            - {type: pgd, name: named, attack: fgsm, epsilon: 0.3}
            - {type: pgd, name: spelt, epsilon: 0.3, steps: 1, relative-step: 1, random-start: false}
            - {type: pgd, name: short, epsilon: 0.3, steps: 1, relative-step: 0.25,
               random-start: false}
        measurements: [{type: lipschitz, samples: 5}]
        sweep: {seeds: 1}
        """;
    Path out = folder.resolve("full");
    Shell.Result r = Shell.run("run", Shell.study(folder, study), "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    RunRecord record = RunRecord.open(out.resolve("full"));
    Map<String, Map<String, Scalar>> by = new HashMap<>();
    for (Trial t : record.trials()) {
      by.put(t.arm().method(), record.results().get(t.id()).scalars());
    }
    assertThat(by.get("named")).isEqualTo(by.get("spelt")).isNotEqualTo(by.get("short"));
  }

  @Test
  void aStudyThatNamesNoAttackRunsPgd() throws Exception {
    List<TrialResult> usual = run("");
    List<TrialResult> named = run("pgd");
    for (int t = 0; t < usual.size(); t++) {
      assertThat(named.get(t).scalars()).isEqualTo(usual.get(t).scalars());
      Curve curve = usual.get(t).curves().get(0);
      assertThat(named.get(t).curves().get(0).survived()).isEqualTo(curve.survived());
      assertThat(curve.method()).isEqualTo("pgd");
    }
  }

  /** A whole curve from one run: exactly monotone, and the witnesses' distances are radii. */
  @Test
  void curvesTakeAttacksThatSeekTheNearestPoint() throws Exception {
    String study =
        """
        name: nearest
        data: {type: two-moons, samples: 120}
        model: {type: mlp, hidden: [4]}
        training:
          epochs: 2
          batch-size: 20
          optimiser: {type: sgd, learning-rate: 0.1}
          methods: [{type: standard}]
        measurements:
          - {type: pgd-curve, attack: fmn, loss: margin, norm: l2, epsilons: [0, 0.1, 0.3, 1, 5],
             samples: 20}
        sweep: {seeds: 2}
        """;
    Path out = folder.resolve("nearest");
    Shell.Result r = Shell.run("run", Shell.study(folder, study), "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    for (TrialResult t : RunRecord.open(out.resolve("nearest")).results().values()) {
      assertThat(t.curves()).extracting(Curve::method).containsExactly("fmn");
      int[] survived = t.curves().get(0).survived();
      assertThat(survived).hasSize(20).contains(0);
      assertThat(java.util.Arrays.stream(survived).distinct().count()).isGreaterThan(1);
    }
    String other = study.replace("loss: margin, ", "");
    Shell.Result loss = Shell.run("plan", Shell.study(folder, other), "--device", "cpu");
    assertThat(loss.exit()).isEqualTo(2);
    assertThat(loss.err()).contains("attack fmn needs loss: margin or targeted-margin");
    Shell.Result norm =
        Shell.run(
            "plan",
            Shell.study(folder, study.replace("fmn", "ddn").replace("l2", "linf")),
            "--device",
            "cpu");
    assertThat(norm.exit()).isEqualTo(2);
    assertThat(norm.err()).contains("attack ddn does not take norm linf");
  }

  @Test
  void aMisspeltNameIsRefusedWithTheNearest() throws Exception {
    Shell.Result r = Shell.run("plan", Shell.study(folder, study("pdg")), "--device", "cpu");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err())
        .contains(
            "measurements[0].attack: expected one of pgd, fgsm, r-fgsm, bim, mi-fgsm, apgd, fab,"
                + " square, hopskipjump, fmn, ddn, carlini-wagner, sigma-zero, deepfool, got 'pdg';"
                + " did you mean 'pgd'?")
        .contains(
            "measurements[1].attack: expected one of pgd, fgsm, r-fgsm, bim, mi-fgsm, apgd, square,"
                + " got 'pdg'; did you mean 'pgd'?")
        .contains("measurements[2].attack: ")
        .contains("measurements[3].attack: ");
  }
}
