// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.rigor.run.EngineProvider;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.schedule.Shutdown;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.Provenance;
import org.rigor.run.store.ResolvedYaml;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunLock;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the trials of a study that are not finished yet and writes the report. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Runs a study; finished trials are skipped.",
    footer = {
      "",
      "Example:  ./rigor run experiments/quickstart.yaml sweep.seeds=10 training.epochs=20"
    })
final class RunCommand implements Callable<Integer> {
  @Mixin private StudyOptions options;
  @Mixin private DeviceOptions device;

  @Option(
      names = "--packs",
      paramLabel = "N",
      description =
          "Packs of models of different shape that run at a time"
              + " (default: 2 on a GPU; the CPU runs 1).")
  private Integer packs;

  @Option(names = "--force", description = "Train and measure finished trials again.")
  private boolean force;

  @Option(names = "--json", description = "Print one JSON object per event instead of text.")
  private boolean json;

  @Override
  @SuppressWarnings("try") // Lock and shutdown hook act by being open.
  public Integer call() throws IOException {
    Instant start = Instant.now();
    StudyFile study = options.read();
    PrintStream out = System.out;
    try (StudyEngine engine = EngineProvider.load().study(device.request())) {
      Prepared prepared = Prepared.of(study, engine);
      List<PackRunner> runners = engine.runners(packs == null ? engine.packsAtOnce() : packs());
      RunFolder folder = RunFolder.create(options.out().resolve(StudyOptions.folderName(study)));
      Cancellation cancellation = new Cancellation();
      try (RunLock lock = RunLock.claim(folder);
          RunProgress progress = new RunProgress(json ? out : System.err, style());
          Shutdown shutdown = new Shutdown(cancellation, () -> lastWords(folder, prepared))) {
        folder.sweep();
        describe(folder, prepared, engine, start);
        progress.note("device: " + engine.deviceLine());
        if (force) {
          folder.forget(prepared.trials());
        } else {
          adopt(folder, prepared.trials(), progress);
        }
        Map<String, TrialResult> results =
            new StudyRun(folder, progress, cancellation).run(prepared.trials(), runners);
        if (cancellation.requested()) {
          return ExitCode.FAILED.code();
        }
        return Conclusion.write(RunRecord.open(folder.root()), results, json, out);
      }
    }
  }

  private int packs() {
    if (packs < 1) {
      throw new RunException(ExitCode.USAGE, "--packs: must be at least 1, got " + packs);
    }
    return packs;
  }

  private RunProgress.Style style() {
    if (json) {
      return RunProgress.Style.JSON;
    }
    return Terminal.attached() ? RunProgress.Style.TERMINAL : RunProgress.Style.PLAIN;
  }

  private void describe(RunFolder folder, Prepared p, StudyEngine engine, Instant start) {
    folder.write("spec.yaml", p.study().text());
    folder.write("resolved.yaml", ResolvedYaml.text(p.study().study()));
    List<String> command = CommandText.parts(options, device, packs, force);
    folder.write("provenance.json", Provenance.text(p.study(), engine, p.data(), command, start));
  }

  /** Takes finished trials over from the other runs beside this one. */
  private void adopt(RunFolder folder, List<Trial> trials, RunProgress progress)
      throws IOException {
    List<Trial> open = trials.stream().filter(t -> folder.load(t.id()).isEmpty()).toList();
    int taken = 0;
    try (DirectoryStream<Path> others =
        Files.newDirectoryStream(options.out(), Files::isDirectory)) {
      for (Path other : others) {
        if (!open.isEmpty() && !other.getFileName().equals(folder.root().getFileName())) {
          List<Trial> found = folder.adopt(RunFolder.at(other), open);
          taken += found.size();
          open = open.stream().filter(t -> !found.contains(t)).toList();
        }
      }
    }
    if (taken > 0) {
      progress.note(taken + " trials were finished by other runs in " + options.out());
    }
  }

  private void lastWords(RunFolder folder, Prepared prepared) {
    int done = StudyRun.stored(folder, prepared.trials()).size();
    System.err.printf(
        "%ninterrupted: %d of %d trials are finished and kept in %s%nresume with: %s%n",
        done,
        prepared.trials().size(),
        folder.root(),
        String.join(" ", CommandText.parts(options, device, packs, false)));
    System.err.flush();
  }
}
