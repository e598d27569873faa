// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.rigor.run.EngineProvider;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AnalysisJson;
import org.rigor.run.analysis.AnalysisText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Attacks a user's own network. */
@Command(
    name = "attack",
    mixinStandardHelpOptions = true,
    description = "Attacks a network on data; robust accuracy from above.",
    footer = {
      "",
      "Example:  ./rigor attack --model m.onnx --data d.npz --attack pgd --norm linf \\",
      "              --epsilon 8/255 --json o.json"
    })
final class AttackCommand implements Callable<Integer> {
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "NPZ with x [N, ...] and y [N]; CSV with a label column; image folder.")
  private Path data;

  @Option(
      names = "--attack",
      paramLabel = "NAME",
      defaultValue = "pgd",
      description = "pgd or fgsm (default: ${DEFAULT-VALUE}).")
  private String attack;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "linf",
      description = "linf or l2 (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--epsilon",
      required = true,
      paramLabel = "E",
      converter = NumberConverter.class,
      description = "Radius, in units of the input.")
  private double epsilon;

  @Option(
      names = "--steps",
      defaultValue = "40",
      description = "Steps of one start (default: ${DEFAULT-VALUE}).")
  private int steps;

  @Option(
      names = "--relative-step",
      defaultValue = "0.1",
      converter = NumberConverter.class,
      description = "Step as a share of epsilon (default: ${DEFAULT-VALUE}).")
  private double relativeStep;

  @Option(
      names = "--restarts",
      defaultValue = "5",
      description = "Independent starts (default: ${DEFAULT-VALUE}).")
  private int restarts;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "Seed of the starts (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() {
    if (!attack.equals("pgd") && !attack.equals("fgsm")) {
      throw new RunException(
          ExitCode.USAGE, "--attack: expected pgd or fgsm, got '" + attack + "'");
    }
    if (steps < 1 || restarts < 1 || !(relativeStep > 0)) {
      throw new RunException(
          ExitCode.USAGE, "--steps, --restarts and --relative-step must be greater than 0");
    }
    var request =
        new Analyses.AttackRequest(
            model.model(),
            ModelOptions.presentData(data),
            attack,
            ModelOptions.norm(norm),
            ModelOptions.epsilon(epsilon),
            steps,
            relativeStep,
            restarts,
            seed,
            model.box());
    try (Analyses engine = EngineProvider.load().analyses(device.request())) {
      Analyses.AttackReport report = engine.attack(request);
      model.report(AnalysisText.of(report), AnalysisJson.of(report), engine.notes());
    }
    return 0;
  }
}
