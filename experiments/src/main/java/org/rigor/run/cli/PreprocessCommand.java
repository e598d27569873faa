// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxStandardised;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.nn.onnx.OnnxNetwork;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that makes the preprocessing of inputs a part of the network. */
@Command(
    name = "preprocess",
    mixinStandardHelpOptions = true,
    description =
        "Writes a network with (x / scale - mean) / std in front, so that radii and boxes are in"
            + " the units of the unprocessed input.",
    footer = {
      "",
      "Example:  ./rigor preprocess m.onnx --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 \\",
      "              --out whole.onnx"
    })
final class PreprocessCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "MODEL", description = "ONNX file.")
  private Path model;

  @Option(
      names = "--mean",
      paramLabel = "M,...",
      split = ",",
      converter = NumberConverter.class,
      description = "Subtracted: one number, or one for each channel or feature.")
  private List<Double> mean = new ArrayList<>();

  @Option(
      names = "--std",
      paramLabel = "S,...",
      split = ",",
      converter = NumberConverter.class,
      description = "Divided by, behind the mean: one number, or one for each channel or feature.")
  private List<Double> std = new ArrayList<>();

  @Option(
      names = "--scale",
      paramLabel = "S",
      converter = NumberConverter.class,
      description = "Divided by first; 255 for inputs in 0 to 255.")
  private Double scale;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "Write it here.")
  private Path out;

  @Override
  public Integer call() {
    if (scale == null && mean.isEmpty() && std.isEmpty()) {
      throw new RunException(ExitCode.USAGE, "preprocess: needs --mean, --std or --scale");
    }
    positive("--scale", scale == null ? List.of() : List.of(scale));
    positive("--std", std);
    if (!mean.stream().allMatch(v -> Float.isFinite(v.floatValue()))) {
      throw new RunException(ExitCode.USAGE, "--mean: must be finite in float32, got " + mean);
    }
    ModelOptions.writable(out);
    OnnxModel given = OnnxReader.read(ModelOptions.present(model, "network"));
    OptionalDouble first = scale == null ? OptionalDouble.empty() : OptionalDouble.of(scale);
    OnnxModel whole = OnnxStandardised.of(given, first, mean, std);
    OnnxNetwork read = new OnnxNetwork(whole); // refuses what the other commands would
    OnnxWriter.write(out, whole);
    System.out.printf("network on unprocessed inputs %s: %s%n", read.input(), out);
    return 0;
  }

  private static void positive(String option, List<Double> values) {
    for (double v : values) {
      if (!((float) v > 0 && Float.isFinite((float) v))) {
        throw new RunException(
            ExitCode.USAGE,
            "%s: must be above 0 and finite in float32, got %s".formatted(option, v));
      }
    }
  }
}
