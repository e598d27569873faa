// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.rigor.io.AtomicFile;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.report.FleetReport;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.yaml.SpecException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * Options of commands that measure all networks of a folder: ONNX files of one architecture are
 * rows of one program, as a study that can be edited and run again.
 */
final class Fleet {
  @Option(
      names = "--models",
      paramLabel = "DIR",
      description =
          "Folder of ONNX files of one architecture instead of --model: all are measured together,"
              + " each as it would be alone.")
  private Path folder;

  @Option(
      names = "--runs",
      paramLabel = "DIR",
      description = "Folder for the run folder of --models (default: runs).")
  private Path runs;

  /** Returns whether a folder of networks is asked for; {@code --runs} needs one. */
  boolean asked() {
    if (folder == null && runs != null) {
      throw new RunException(ExitCode.USAGE, "--runs: belongs to --models");
    }
    return folder != null;
  }

  /** Returns the files of a folder of networks, by name. */
  static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new RunException(ExitCode.DATA, "--models: no folder at " + folder);
    }
    try (Stream<Path> all = Files.list(folder)) {
      List<Path> found =
          all.filter(f -> f.getFileName().toString().endsWith(".onnx")).sorted().toList();
      if (found.isEmpty()) {
        throw new RunException(ExitCode.DATA, "--models: " + folder + " holds no .onnx file");
      }
      return found;
    } catch (IOException e) {
      throw new RunException(ExitCode.DATA, "--models: " + folder + " cannot be read: " + e, e);
    }
  }

  /**
   * Measures the networks and reports each, and all together.
   *
   * @param measurement a line of a study
   * @param shown beginnings of the names of numbers that are shown
   */
  int run(
      CommandSpec spec,
      ModelOptions model,
      DeviceOptions device,
      Path data,
      String measurement,
      List<String> shown) {
    if (model.named()) {
      throw new RunException(ExitCode.USAGE, "--models: goes without --model");
    }
    model.given(data, "--data=FILE");
    model.checkOutput();
    int count = files(folder).size();
    Path named = folder.toAbsolutePath().normalize().getFileName();
    String name = spec.name() + "-" + OwnStudy.stem(named);
    String text =
        String.join(
            "\n",
            "# Made by ./rigor %s --models; edit it and run it as any study."
                .formatted(spec.name()),
            "name: " + name,
            "data: " + OwnStudy.data(ModelOptions.presentData(data), List.of(), model.box()),
            "model: " + OwnStudy.files(folder, model.output()),
            "measurements:",
            "  - {" + measurement + "}",
            "sweep: {seeds: %d}".formatted(count),
            "");
    Path out = runs == null ? Path.of("runs") : runs;
    try (StudyEngine engine = EngineProvider.load().study(device.request())) {
      Files.createDirectories(out);
      Path file = out.resolve(name + ".yaml");
      AtomicFile.write(file, text);
      StudyJob.Ending ending =
          NetworkJob.of(StudyFile.read(file, List.of()), setting(spec, engine, out, name)).run();
      if (ending.interrupted() || ending.exit() != 0) {
        return ending.exit();
      }
      FleetReport report = new FleetReport(RunRecord.open(out.resolve(name)), shown);
      List<String> notes = new ArrayList<>(List.of("the study is " + file));
      model.report(report.text(), report.json(), notes);
      return 0;
    } catch (SpecException e) {
      throw new RunException(ExitCode.DATA, AuditCommand.reasons(e), e);
    } catch (IOException e) {
      throw new RunException(ExitCode.ENVIRONMENT, "cannot write to " + out + ": " + e, e);
    }
  }

  static StudyJob.Setting setting(CommandSpec spec, StudyEngine engine, Path out, String name) {
    return new StudyJob.Setting(
        engine,
        engine.packsAtOnce(),
        out,
        Shard.ALL,
        Optional.of(name),
        false,
        false,
        Terminal.attached() ? RunProgress.Style.TERMINAL : RunProgress.Style.PLAIN,
        CommandText.given(spec),
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
  }
}
