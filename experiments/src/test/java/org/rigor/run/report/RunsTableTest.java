// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.run.FakeEngine;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.store.Provenance;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.StoredFiles;
import org.rigor.run.study.StudyFile;
import org.rigor.run.study.StudyText;
import org.rigor.run.trial.Expansion;
import org.rigor.run.trial.Identity;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.StudyInputs;
import org.rigor.run.trial.Trial;

/** Each run of a folder is told with its command and what it made, whether it ended or not. */
class RunsTableTest {
  @TempDir private Path folder;

  @Test
  void runsThatEndedAndRunsThatWereKilledAreCounted() throws Exception {
    Path file = folder.resolve("s.yaml");
    Files.writeString(
        file,
        """
        name: small
        data: {type: digits}
        model: {type: mlp, hidden: [4]}
        training: {epochs: 1, optimiser: {type: sgd, learning-rate: 0.1}, methods: [{type: standard}]}
        measurements: [{type: pgd-curve, epsilons: [0, 0.1]}]
        sweep: {seeds: 5}
        """);
    StudyFile study = StudyFile.of(StudyText.read(file, List.of(), false));
    List<Trial> trials = Expansion.trials(study, d -> new Identity("d", "cpu", 1));
    run(study, "2026-11-28T10:00:00.123Z", "one word", trials.subList(0, 3)).finish();
    run(study, "2026-11-29T10:00:00Z", "--packs", trials.subList(3, 5));

    RunFolder read = RunFolder.at(folder.resolve("run"));
    StoredFiles stored = read.stored();
    Table table = RunsTable.of(read, stored.provenance()).orElseThrow();
    assertThat(table.columns())
        .containsExactly("run", "started", "command", "rigor", "device", "made");
    assertThat(table.rows()).hasSize(2);
    assertThat(table.rows().get(0))
        .startsWith("1", "2026-11-28 10:00:00Z", "./rigor run one word")
        .endsWith("cpu - fake", "3");
    assertThat(table.rows().get(1))
        .startsWith("2", "2026-11-29 10:00:00Z", "./rigor run --packs")
        .endsWith("cpu - fake", "2");
  }

  private RunFolder run(StudyFile study, String start, String word, List<Trial> trials) {
    try (StudyEngine engine =
        new FakeEngine().study(new EngineProvider.Request("cpu", Optional.empty()))) {
      JsonObject facts =
          Provenance.facts(
              study,
              engine,
              new StudyInputs(),
              List.of("./rigor", "run", word),
              Instant.parse(start));
      RunFolder run = RunFolder.create(folder.resolve("run"));
      run.describe("", "", Provenance.identity(study, engine, new StudyInputs()), facts::deepCopy);
      trials.forEach(t -> run.save(t, FakeEngine.result(t)));
      return run;
    }
  }
}
