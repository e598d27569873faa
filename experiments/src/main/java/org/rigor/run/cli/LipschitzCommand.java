// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AnalysisJson;
import org.rigor.run.analysis.AnalysisText;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.trial.Scalar;
import org.rigor.run.yaml.Names;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command that brackets the Lipschitz constant of a user's own network. */
@Command(
    name = "lipschitz",
    mixinStandardHelpOptions = true,
    description = "Brackets the Lipschitz constant of a network's logits.",
    footer = {
      "",
      "Example:  ./rigor lipschitz --model m.onnx --data d.npz --norm l2 --json o.json"
    })
final class LipschitzCommand implements Callable<Integer> {
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;
  @Mixin private Fleet fleet;
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "NPZ, CSV or image folder: inputs for Jacobians, the lower side.")
  private Path data;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "l2",
      description = "Norm on inputs and logits, l2 or linf (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--upper",
      paramLabel = "METHOD",
      defaultValue = "best",
      description = {
        "product, or best: in l2 also multipliers of single units (LipSDP-Neuron), where the"
            + " network",
        "is a chain of layers with at most 3,072 units; seconds to minutes (default:"
            + " ${DEFAULT-VALUE})."
      })
  private Upper upper;

  /** Methods of the upper side. */
  private enum Upper {
    best,
    product
  }

  @Override
  public Integer call() {
    if (fleet.asked()) {
      ModelOptions.refuse(spec, "--models measures the product alone", "--upper");
      String line = "type: lipschitz, norm: " + Names.kebab(ModelOptions.norm(norm).name());
      List<String> shown =
          List.of(Scalar.LIPSCHITZ_LOWER, Scalar.LIPSCHITZ_UPPER, Scalar.MEDIAN_MARGIN);
      return fleet.run(spec, model, device, model.given(data, "--data=FILE"), line, shown);
    }
    Optional<Path> inputs = Optional.ofNullable(data).map(d -> ModelOptions.presentData(d));
    var request =
        new Analyses.LipschitzRequest(
            model.model(), inputs, ModelOptions.norm(norm), model.box(), upper == Upper.best);
    try (Analyses engine =
        EngineProvider.load().analyses(device.request().withOutput(model.output()))) {
      Analyses.LipschitzReport report = engine.lipschitz(request);
      model.report(AnalysisText.of(report), AnalysisJson.of(report, model.made()), engine.notes());
    }
    return 0;
  }
}
