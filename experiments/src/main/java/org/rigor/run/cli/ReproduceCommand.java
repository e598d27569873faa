// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.report.Reproduction;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.store.RunHead;
import org.rigor.run.store.RunRecord;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyFile;
import org.rigor.run.theory.TheoryFile;
import org.rigor.run.trial.StudyEngine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that repeats a run and compares. */
@Command(
    name = "reproduce",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the stored study of a run again, from nothing, in a new folder, says what differs",
      "in device, driver, numerics, commit and data, and compares all that was stored: numbers,",
      "decisions of samples, networks and arrays, histories, metrics, examples and claims. On a"
          + " CPU",
      "with the same kind of matrix product equal bits are asked for; elsewhere the tolerances",
      "follow from how far the trained weights lie apart. Exit code 1 if something differs, 4 if",
      "something is damaged or nothing is left to compare."
    },
    footer = {"", "Example:  ./rigor reproduce runs/quickstart"})
final class ReproduceCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Mixin private DeviceOptions device;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder of the new run folder (default: where RUN lies).")
  private Path out;

  @Override
  public Integer call() throws IOException {
    RunHead head = RunHead.open(run);
    boolean theory = head.study().theory();
    String nothing =
        theory
            ? Reproduction.nothing(TheoryRecord.open(head))
            : Reproduction.nothing(RunRecord.open(head));
    if (!nothing.isEmpty()) {
      throw new RunException(ExitCode.DATA, run + ": " + nothing);
    }
    Path resolved = run.resolve("resolved.yaml");
    head.folder()
        .stored()
        .check("resolved.yaml")
        .ifPresent(
            d -> {
              throw new RunException(ExitCode.DATA, run + " is damaged: " + d.text());
            });
    StudyDocument study = StudyOptions.read(resolved, List.of(), false);
    Path root = run.toAbsolutePath().normalize();
    Path parent = out == null ? root.getParent() : out;
    String name = root.getFileName() + "+again";
    PrintStream print = System.out;
    try (StudyEngine engine =
        EngineProvider.load().study(request(head.provenance().head().deviceKind()))) {
      StudyJob.Setting setting =
          new StudyJob.Setting(
              engine,
              engine.packsAtOnce(),
              parent,
              Shard.ALL,
              Optional.of(name),
              true,
              false,
              Terminal.attached() ? RunProgress.Style.TERMINAL : RunProgress.Style.PLAIN,
              CommandText.reproduce(run, out, device),
              print);
      StudyJob job =
          theory
              ? TheoryJob.of((TheoryFile) study, setting)
              : NetworkJob.of((StudyFile) study, setting);
      Files.createDirectories(parent);
      if (job.run().interrupted()) {
        return ExitCode.FAILED.code();
      }
    }
    Path again = parent.resolve(name);
    Reproduction r =
        theory
            ? Reproduction.of(TheoryRecord.open(run), TheoryRecord.open(again))
            : Reproduction.of(RunRecord.open(run), RunRecord.open(again));
    print.printf("%n==== %s beside %s%n", again, run);
    print.print(r.text());
    return r.exit().code();
  }

  /** Requests the kind of device that made the run, unless another is named. */
  private EngineProvider.Request request(String kind) {
    EngineProvider.Request given = device.request();
    return given.device().equals("auto")
        ? new EngineProvider.Request(kind, given.dataFolder())
        : given;
  }
}
