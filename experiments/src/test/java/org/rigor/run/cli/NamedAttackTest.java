// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.attack.Attacks;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Curve;
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
        optimiser: {type: sgd, learning-rate: 0.1}
        methods: [{type: standard}]
      measurements:
        - {type: pgd-curve, ATTACKepsilons: [0, 0.3], steps: 3, samples: 20}
        - {type: attack-ladder, ATTACKepsilon: 0.3, steps: [2, 3], restarts: 2, samples: 20}
        - {type: lipschitz-neighbourhood, ATTACKsamples: 20, mixtures: 5, steps: 3}
        - {type: sensor-error, ATTACKdeltas: [0.1], samples: 20, steps: 3}
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

  private static String study(String attack) {
    return STUDY.replace("ATTACK", attack.isEmpty() ? "" : "attack: " + attack + ", ");
  }

  private TrialResult run(String attack) throws Exception {
    Path out = folder.resolve("runs-" + attack);
    Shell.Result r =
        Shell.run("run", Shell.study(folder, study(attack)), "--out", out, "--device", "cpu");
    assertThat(r.exit()).as(r.err()).isZero();
    return RunRecord.open(out.resolve("named")).results().values().iterator().next();
  }

  @Test
  void everyAttackOfTheListRunsFromAStudy() throws Exception {
    List<String> names = Attacks.names();
    assertThat(names).contains("pgd", "fgsm");
    for (String name : names) {
      TrialResult t = run(name);
      assertThat(t.curves()).extracting(Curve::method).containsExactly(name);
      assertThat(t.scalars())
          .containsKeys("ladder-" + name + "-2", "ladder-" + name + "-3", "lipschitz-attacked")
          .containsKey("sensor-found@0.1");
    }
  }

  /** FGSM has one step and no random start, whatever the study says of steps and restarts. */
  @Test
  void theNamedAttackIsTheOneThatRuns() throws Exception {
    TrialResult fast = run("fgsm");
    for (String rung : List.of("ladder-fgsm-2", "ladder-fgsm-3", "ladder-restarts")) {
      assertThat(fast.scalars().get(rung)).isEqualTo(fast.scalars().get("ladder-fgsm"));
    }
    assertThat(fast.scalars().get("ladder-fall").value()).isZero();
  }

  @Test
  void aStudyThatNamesNoAttackRunsPgd() throws Exception {
    TrialResult usual = run("");
    TrialResult named = run("pgd");
    assertThat(named.scalars()).isEqualTo(usual.scalars());
    List<int[]> survived = new ArrayList<>();
    usual.curves().forEach(c -> survived.add(c.survived()));
    assertThat(named.curves().get(0).survived()).isEqualTo(survived.get(0));
    assertThat(usual.curves()).extracting(Curve::method).containsExactly("pgd");
  }

  @Test
  void aMisspeltNameIsRefusedWithTheNearest() throws Exception {
    Shell.Result r = Shell.run("plan", Shell.study(folder, study("pdg")), "--device", "cpu");
    assertThat(r.exit()).isEqualTo(2);
    assertThat(r.err())
        .contains(
            "measurements[0].attack: expected one of pgd, fgsm, got 'pdg'; did you mean 'pgd'?")
        .contains("measurements[1].attack: ")
        .contains("measurements[2].attack: ")
        .contains("measurements[3].attack: ");
  }
}
