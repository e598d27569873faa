// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.Emulator;
import org.rigor.run.engine.RigorProvider;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.RunFolder;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.StudyEngine;

/** Ten networks whose parameters outweigh all samples, results and training state of a study. */
class StudyTrafficTest {
  private static final String STUDY =
      """
      name: traffic
      data: {type: two-moons, samples: 40, test-share: 0.5}
      model: {type: mlp, hidden: [64, 64]}
      training:
        epochs: 2
        batch-size: 20
        optimiser: {type: sgd, learning-rate: 0.1, momentum: 0.9}
        methods:
          - {type: standard}
      measurements:
        - {type: pgd-curve, epsilons: [0, 0.1, 0.3], steps: 5, restarts: 1, samples: 4}
        - {type: crown-curve, epsilons: [0, 0.1, 0.3], samples: 4}
        - {type: lipschitz, samples: 4}
      sweep: {seeds: 10}
      """;

  private static final long PARAMETERS = 10 * 4L * (2 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2);

  @TempDir Path folder;

  @Test
  void parametersCrossToTheHostOnceForTheFileAndNeverBack() throws Exception {
    if (!"true".equals(System.getenv("CI"))) {
      assumeThat(Emulator.unavailable()).as("why the emulator cannot run here").isEmpty();
    }
    StudyFile file = StudyFile.read(Shell.study(folder, STUDY), List.of());
    EngineProvider.Request emulated = new EngineProvider.Request("emulated", Optional.empty());
    try (StudyEngine engine = new RigorProvider().study(emulated);
        RunProgress progress = new RunProgress(System.err, RunProgress.Style.PLAIN)) {
      Prepared prepared = Prepared.of(file, engine);
      RunFolder run = RunFolder.create(folder.resolve("runs"));
      assertThat(
              new StudyRun(run, progress, new Cancellation())
                  .run(prepared.trials(), List.of(engine.runner())))
          .hasSize(10)
          .allSatisfy((id, r) -> assertThat(r.curves()).hasSize(2));
      Traffic t = engine.device().traffic().orElseThrow();
      assertThat(t.toHost().bytes()).as("to the host").isBetween(PARAMETERS, PARAMETERS * 11 / 10);
      assertThat(t.toDevice().bytes())
          .as("to the device: initial values, and what is small")
          .isBetween(PARAMETERS, PARAMETERS * 11 / 10);
    }
  }
}
