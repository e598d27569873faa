// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;
import org.rigor.run.study.StudyFile;
import org.rigor.run.study.StudyText;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** The pictures of a stored result are read when they are asked for, and checked again then. */
class StoredExamplesTest {
  @TempDir private Path folder;
  private Trial trial;
  private TrialResult saved;
  private Path file;

  @BeforeEach
  void save() throws Exception {
    Path study = folder.resolve("s.yaml");
    Files.writeString(
        study,
        """
        name: small
        data: {type: digits}
        model: {type: mlp, hidden: [4]}
        training: {epochs: 1, optimiser: {type: sgd, learning-rate: 0.1}, methods: [{type: standard}]}
        measurements: [{type: pgd-curve, epsilons: [0, 0.1]}]
        sweep: {seeds: 1}
        """);
    StudyFile s = StudyFile.of(StudyText.read(study, List.of(), false));
    trial = Expansion.trials(s, d -> new Identity("d", "cpu", 1)).get(0);
    saved = FakeEngine.result(trial);
    RunFolder run = RunFolder.create(folder.resolve("run"));
    run.save(trial, saved);
    file = run.root().resolve(RunFolder.trialPath(trial.id()));
  }

  private TrialResult stored() {
    return RunFolder.at(folder.resolve("run")).load(trial.id()).orElseThrow();
  }

  @Test
  void theyAreTheSavedOnesWithAndWithoutAManifest() throws Exception {
    same(stored());
    Files.delete(folder.resolve("run").resolve(Manifest.FILE));
    same(stored());
  }

  private void same(TrialResult r) {
    assertThat(r.scalars()).isEqualTo(saved.scalars());
    assertThat(r.correct()).isEqualTo(saved.correct());
    assertThat(r.examples()).hasSize(8);
    for (int i = 0; i < 8; i++) {
      Example x = saved.examples().get(i);
      Example y = r.examples().get(i);
      assertThat(y.index()).isEqualTo(x.index());
      assertThat(y.epsilon()).isEqualTo(x.epsilon());
      assertThat(y.clean()).isEqualTo(x.clean());
      assertThat(y.adversarial()).isEqualTo(x.adversarial());
    }
  }

  @Test
  void aFileChangedInBetweenIsTold() throws Exception {
    TrialResult early = stored();
    TrialResult late = stored();
    assertThat(early.examples()).hasSize(8);
    String text = Files.readString(file);
    Files.writeString(file, text.replaceFirst("\"clean\":\\[0", "\"clean\":[1"));
    assertThat(early.examples()).hasSize(8);
    assertThatThrownBy(() -> late.examples().size())
        .isInstanceOf(DamagedException.class)
        .hasMessageContaining(RunFolder.trialPath(trial.id()))
        .hasMessageContaining("its checksum is not the one in manifest.jsonl");
    Files.delete(file);
    assertThatThrownBy(() -> late.examples().size()).isInstanceOf(DamagedException.class);
  }
}
