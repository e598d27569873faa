// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.rigor.attack.Attacks;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.analysis.DistanceJson;
import org.rigor.run.analysis.DistanceText;
import org.rigor.run.provider.EngineProvider;
import org.rigor.tensor.DType;
import org.rigor.threat.Threat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command that measures how far samples are from misclassified points. */
@Command(
    name = "distance",
    mixinStandardHelpOptions = true,
    description =
        "Measures how far each sample is from a misclassified point: an upper side of its robust"
            + " radius. One run gives attacked accuracy at every epsilon.",
    footer = {
      "",
      "Example:  ./rigor distance --model m.onnx --data d.npz --attack fmn --norm l2 \\",
      "              --json o.json"
    })
final class DistanceCommand implements Callable<Integer> {
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;
  @Mixin private ImageOptions image;
  @Mixin private KeepOptions keep;
  @Mixin private Fleet fleet;
  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "NPZ with x [N, ...] and y [N]; CSV with a label column; image folder.")
  private Path data;

  @Option(
      names = "--attack",
      paramLabel = "NAME",
      defaultValue = "fmn",
      completionCandidates = AttackNames.class,
      description =
          "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). An attack that needs a"
              + " radius is bisected, for each sample.")
  private String attack;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      defaultValue = "targeted-margin",
      completionCandidates = AttackCommand.LossNames.class,
      description = "What is raised: one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private String loss;

  @Option(
      names = "--targets",
      paramLabel = "K",
      defaultValue = "9",
      description =
          "Wrong classes that a targeted loss goes to, in the order of --target-rule (default:"
              + " ${DEFAULT-VALUE}).")
  private int targets;

  @Option(
      names = "--target-rule",
      paramLabel = "RULE",
      defaultValue = "likeliest",
      completionCandidates = AttackCommand.RuleNames.class,
      description =
          "Classes with the largest logits first, or with the nearest boundaries if logits were"
              + " linear: one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private String rule;

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "linf",
      description = "linf, l2, l1 or, of features, l0 (default: ${DEFAULT-VALUE}).")
  private String norm;

  @Option(
      names = "--steps",
      defaultValue = "100",
      description =
          "Steps of one start (default: ${DEFAULT-VALUE}); carlini-wagner and square want"
              + " thousands.")
  private int steps;

  @Option(
      names = "--restarts",
      defaultValue = "1",
      description = "Random starts, of each target, if it has any (default: ${DEFAULT-VALUE}).")
  private int restarts;

  @Option(
      names = "--farthest",
      paramLabel = "E",
      converter = NumberConverter.class,
      description = "Distance up to which points count (default: all of the box).")
  private Double farthest;

  @Option(
      names = "--resolution",
      paramLabel = "S",
      defaultValue = "0.01",
      converter = NumberConverter.class,
      description =
          "Share of a distance to which an attack with a radius is bisected (default:"
              + " ${DEFAULT-VALUE}).")
  private double resolution;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "Seed of the starts (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description =
          "f32, f64, or auto: f32, and f64 where float32 loses the logits (default:"
              + " ${DEFAULT-VALUE}).")
  private String dtype;

  /** Names of the attacks, for help and completion. */
  static final class AttackNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Attacks.names().iterator();
    }
  }

  private AttackSettings settings() {
    if (steps < 1 || restarts < 1 || targets < 1) {
      throw new RunException(ExitCode.USAGE, "--steps, --restarts and --targets must be >= 1");
    }
    AttackCommand.known("--dtype", dtype, List.of("auto", "f32", "f64"));
    AttackCommand.known("--attack", attack, new AttackNames());
    ModelOptions.takes(attack, norm);
    return new AttackSettings(
        attack,
        AttackCommand.loss(attack, loss),
        targets,
        steps,
        OptionalDouble.empty(),
        restarts,
        seed,
        dtype.equals("auto")
            ? Optional.empty()
            : Optional.of(DType.valueOf(dtype.toUpperCase(Locale.ROOT))),
        image.layout(attack, keep.pictures()),
        AttackCommand.rule(rule));
  }

  /** Returns how far points count. */
  private OptionalDouble farthest() {
    if (farthest == null && !Attacks.some(attack).minimises() && !model.box().isBounded()) {
      throw new RunException(
          ExitCode.USAGE,
          "--farthest: needed, as --attack %s is bisected and --box none ends nowhere"
              .formatted(attack));
    }
    if (farthest != null && !(farthest > 0)) {
      throw new RunException(ExitCode.USAGE, "--farthest: must be greater than 0, got " + farthest);
    }
    if (!(resolution >= 1e-4 && resolution <= 1)) {
      throw new RunException(
          ExitCode.USAGE, "--resolution: must be between 1e-4 and 1, got " + resolution);
    }
    return farthest == null ? OptionalDouble.empty() : OptionalDouble.of(farthest);
  }

  @Override
  public Integer call() {
    if (fleet.asked()) {
      String line = FleetLines.distance(spec, norm, steps);
      return fleet.run(spec, model, device, data, line, List.of("attack-distance"));
    }
    AttackSettings settings = settings();
    var request =
        new Analyses.DistanceRequest(
            model.model(),
            ModelOptions.presentData(data),
            new Threat(ModelOptions.distance(norm), model.box()),
            settings,
            farthest(),
            resolution,
            keep.keep(image, model.box()));
    try (Analyses engine =
        EngineProvider.load().analyses(device.request().withOutput(model.output()))) {
      Analyses.DistanceReport report = engine.distance(request);
      model.report(DistanceText.of(report), DistanceJson.of(report, model.made()), engine.notes());
    }
    return 0;
  }
}
