// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.rigor.io.onnx.OnnxMean;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command that writes the mean of networks as one network. */
@Command(
    name = "mean",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the mean of several networks (an ensemble, posterior draws) as one ONNX file, which"
          + " attack, certify, check and lipschitz take as any other."
    },
    footer = {"", "Example:  ./rigor mean a.onnx b.onnx c.onnx --of probabilities --out mean.onnx"})
final class MeanCommand implements Callable<Integer> {
  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "ONNX files, at least two, with the same inputs and outputs.")
  private List<Path> models;

  @Option(
      names = "--of",
      required = true,
      paramLabel = "WHAT",
      description = "logits, the outputs; or probabilities, their softmax.")
  private String of;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "Write it here.")
  private Path out;

  @Override
  public Integer call() {
    if (models.size() < 2) {
      throw new RunException(ExitCode.USAGE, "mean: needs at least two networks, got one");
    }
    OnnxMean.Of what =
        switch (of) {
          case "logits" -> OnnxMean.Of.LOGITS;
          case "probabilities" -> OnnxMean.Of.PROBABILITIES;
          default ->
              throw new RunException(
                  ExitCode.USAGE, "--of: expected logits or probabilities, got '" + of + "'");
        };
    ModelOptions.writable(out);
    List<OnnxModel> all =
        models.stream().map(m -> OnnxReader.read(ModelOptions.present(m, "network"))).toList();
    OnnxModel mean = OnnxMean.of(all, what);
    OnnxWriter.write(out, mean);
    System.out.printf(
        Locale.ROOT,
        "mean of the %s of %d networks, %d nodes: %s%n",
        of,
        all.size(),
        mean.graph().nodes().size(),
        out);
    return 0;
  }
}
