// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.rigor.io.AtomicFile;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.StudyEngine;
import org.rigor.run.trial.Trial;
import org.rigor.run.yaml.Names;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that writes a trained network of a run for other programs. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes a trained network of a run as ONNX, images [N, C, H, W] in and logits out, or as",
      "safetensors, its parameters as they are stored."
    },
    footer = {"", "Example:  ./rigor export runs/quickstart --model pgd/3 --out pgd-3.onnx"})
final class ExportCommand implements Callable<Integer> {
  /** Names in a message that says which there are. */
  private static final int SHOWN = 12;

  @Parameters(index = "0", paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "ARM/SEED",
      description = "The network, as the report names its arm.")
  private String model;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Write it here; the name ends in .onnx or .safetensors.")
  private Path out;

  @Mixin private DeviceOptions device;

  @Override
  public Integer call() throws IOException {
    boolean onnx = out.toString().endsWith(".onnx");
    if (!onnx && !out.toString().endsWith(".safetensors")) {
      throw new RunException(
          ExitCode.USAGE, "--out: the name must end in .onnx or .safetensors, got " + out);
    }
    ModelOptions.writable(out);
    RunRecord record = RunRecord.open(run);
    Trial trial = trial(record.everyArm());
    Path stored = stored(record, trial);
    if (onnx) {
      try (StudyEngine engine = EngineProvider.load().study(device.request())) {
        OnnxWriter.write(out, engine.onnx(trial.spec(), stored));
      }
    } else {
      AtomicFile.write(out, to -> Files.copy(stored, to));
    }
    System.out.printf("%s of %s: %s%n", name(trial), run, out);
    return 0;
  }

  private Trial trial(List<Trial> all) {
    List<String> names = all.stream().map(ExportCommand::name).toList();
    int at = names.indexOf(model);
    if (at < 0) {
      throw new RunException(
          ExitCode.USAGE,
          "--model: expected one of %s%s, got '%s'%s"
              .formatted(
                  names.stream().limit(SHOWN).collect(Collectors.joining(", ")),
                  names.size() > SHOWN ? " and %d more".formatted(names.size() - SHOWN) : "",
                  model,
                  Names.hint(model, names)));
    }
    return all.get(at);
  }

  private static String name(Trial t) {
    return t.arm().label() + "/" + t.spec().seed();
  }

  /** Returns the network's file, whole. */
  private static Path stored(RunRecord record, Trial trial) {
    String path = trial.modelPath();
    Path file =
        record
            .folder()
            .existing(path)
            .orElseThrow(
                () ->
                    new RunException(
                        ExitCode.DATA,
                        "%s: no network %s: its trial has not finished, or diverged"
                            .formatted(record.folder().root(), path)));
    record
        .folder()
        .stored()
        .check(path)
        .ifPresent(
            d -> {
              throw new RunException(
                  ExitCode.DATA, "%s is damaged: %s".formatted(record.folder().root(), d.text()));
            });
    return file;
  }
}
