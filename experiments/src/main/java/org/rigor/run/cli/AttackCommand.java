// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.AttackSuites;
import org.rigor.attack.Attacks;
import org.rigor.attack.TargetRule;
import org.rigor.attack.UniversalAttack;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.Analyses;
import org.rigor.run.analysis.AnalysisText;
import org.rigor.run.analysis.AttackJson;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.provider.EngineProvider;
import org.rigor.run.yaml.Names;
import org.rigor.tensor.DType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command that attacks a user's own network. */
@Command(
    name = "attack",
    mixinStandardHelpOptions = true,
    description =
        "Attacks a network on data; attacked accuracy, an upper value of" + " robust accuracy.",
    footer = {
      "",
      "Example:  ./rigor attack --model m.onnx --data d.npz --attack pgd --norm linf \\",
      "              --epsilon 8/255 --json o.json"
    })
final class AttackCommand implements Callable<Integer> {
  private static final List<String> SET_BY_SUITES =
      List.of("--loss", "--targets", "--target-rule", "--steps", "--relative-step", "--restarts");

  private static final List<String> NOT_UNIVERSAL =
      List.of(
          "--targets", "--target-rule", "--relative-step", "--restarts", "--surrogate", "--target");

  @Spec private CommandSpec spec;
  @Mixin private ModelOptions model;
  @Mixin private DeviceOptions device;
  @Mixin private ImageOptions image;
  @Mixin private KeepOptions keep;
  @Mixin private Fleet fleet;
  @Mixin private ScaleOptions scale;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "NPZ with x [N, ...] and y [N]; CSV with a label column; image folder.")
  private Path data;

  @Option(
      names = "--attack",
      paramLabel = "NAME",
      defaultValue = "apgd",
      completionCandidates = AttackNames.class,
      description =
          "One of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}). autoattack is four attacks,"
              + " malt one, with loss, steps and starts of their own; universal seeks one"
              + " perturbation for all samples.")
  private String attack;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      completionCandidates = LossNames.class,
      description =
          "What is raised: one of ${COMPLETION-CANDIDATES} (default: targeted-dlr; targeted-margin"
              + " for attacks that need a margin).")
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
      completionCandidates = RuleNames.class,
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
      names = "--epsilon",
      required = true,
      paramLabel = "E",
      converter = NumberConverter.class,
      description = "Radius, in units of the input.")
  private double epsilon;

  @Option(
      names = "--steps",
      defaultValue = "100",
      description =
          "Steps of one start (default: ${DEFAULT-VALUE}); square, which sees no gradient, wants"
              + " thousands.")
  private int steps;

  @Option(
      names = "--relative-step",
      paramLabel = "S",
      converter = NumberConverter.class,
      description = "Step as a share of epsilon (default: 2.5 / steps).")
  private Double relativeStep;

  @Option(
      names = "--restarts",
      defaultValue = "1",
      description = "Independent starts, of each target (default: ${DEFAULT-VALUE}).")
  private int restarts;

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

  @Option(
      names = "--target",
      paramLabel = "CLASS",
      description =
          "Class to which samples of other classes are brought (default: any wrong class).")
  private Integer target;

  @Option(
      names = "--surrogate",
      paramLabel = "FILE",
      description =
          "ONNX file of a network on which the points are made; --model judges one point of each"
              + " start.")
  private Path surrogate;

  @Option(
      names = "--ledger",
      paramLabel = "WHICH",
      defaultValue = "first",
      description =
          "Of a suite: first, each attack takes the samples that are left (default), or full, each"
              + " takes every sample; then who fools which, and which alone, is told.")
  private String ledger;

  @Option(
      names = "--no-signs",
      description = "Do not look for signs of masked gradients in the attack.")
  private boolean silent;

  /** Names of the attacks, for help and completion. */
  static final class AttackNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of(Attacks.names(), AttackSuites.names(), List.of(UniversalAttack.NAME))
          .flatMap(List::stream)
          .iterator();
    }
  }

  /** Names of the losses, for help and completion. */
  static final class LossNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(AttackLoss.values()).map(l -> Names.kebab(l.name())).iterator();
    }
  }

  /** Names of the choices of targets, for help and completion. */
  static final class RuleNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(TargetRule.values()).map(r -> Names.kebab(r.name())).iterator();
    }
  }

  /** Returns a choice of targets by its name. */
  static TargetRule rule(String name) {
    return TargetRule.valueOf(
        known("--target-rule", name, new RuleNames()).toUpperCase(Locale.ROOT));
  }

  /**
   * Returns what an attack raises.
   *
   * @throws RunException if the name is none, or the attack needs a margin
   */
  static AttackLoss loss(String attack, String name) {
    AttackLoss raised =
        AttackLoss.valueOf(
            known("--loss", name, new LossNames()).toUpperCase(Locale.ROOT).replace('-', '_'));
    if (attack.equals(UniversalAttack.NAME) && raised.targeted()) {
      throw new RunException(
          ExitCode.USAGE, "--attack universal takes a loss without targets, got " + name);
    }
    if (needsMargin(attack) && !raised.isMargin()) {
      throw new RunException(
          ExitCode.USAGE,
          "--attack %s needs --loss margin or targeted-margin, got %s".formatted(attack, name));
    }
    return raised;
  }

  static String known(String option, String given, Iterable<String> names) {
    List<String> all = new ArrayList<>();
    names.forEach(all::add);
    if (!all.contains(given)) {
      throw new RunException(
          ExitCode.USAGE,
          "%s: expected one of %s, got '%s'%s"
              .formatted(option, String.join(", ", all), given, Names.hint(given, all)));
    }
    return given;
  }

  private String usualLoss() {
    return attack.equals(UniversalAttack.NAME)
        ? "margin"
        : needsMargin(attack) ? "targeted-margin" : "targeted-dlr";
  }

  private static boolean needsMargin(String attack) {
    return Attacks.names().contains(attack) && Attacks.some(attack).needsMargin();
  }

  /** Refuses a distance that an attack or a suite does not know. */
  private void takes() {
    if (Attacks.names().contains(attack)) {
      ModelOptions.takes(attack, norm);
      return;
    }
    Distance distance = ModelOptions.distance(norm);
    boolean universal = attack.equals(UniversalAttack.NAME);
    if (universal ? !(distance instanceof Norm) : !AttackSuites.takes(distance)) {
      throw new RunException(
          ExitCode.USAGE,
          "--attack %s takes --norm %s, got %s"
              .formatted(attack, universal ? "linf or l2" : "linf, l2 or l1", norm));
    }
  }

  private boolean full() {
    boolean all = known("--ledger", ledger, List.of("first", "full")).equals("full");
    if (all && !AttackSuites.names().contains(attack)) {
      throw new RunException(
          ExitCode.USAGE,
          "--ledger full: needs a suite of attacks, %s, got --attack %s"
              .formatted(String.join(" or ", AttackSuites.names()), attack));
    }
    return all;
  }

  private Optional<Path> surrogate() {
    if (surrogate != null && AttackSuites.names().contains(attack)) {
      throw new RunException(
          ExitCode.USAGE, "--surrogate: takes one attack, %s is a suite".formatted(attack));
    }
    return Optional.ofNullable(surrogate).map(s -> ModelOptions.present(s, "surrogate"));
  }

  private AttackSettings settings() {
    if (steps < 1 || restarts < 1 || targets < 1) {
      throw new RunException(ExitCode.USAGE, "--steps, --restarts and --targets must be >= 1");
    }
    if (relativeStep != null && !(relativeStep > 0 && Double.isFinite(relativeStep))) {
      throw new RunException(
          ExitCode.USAGE, "--relative-step: must be greater than 0, got " + relativeStep);
    }
    known("--dtype", dtype, List.of("auto", "f32", "f64"));
    known("--attack", attack, new AttackNames());
    boolean suite = AttackSuites.names().contains(attack);
    for (String option : SET_BY_SUITES) {
      if (suite && spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new RunException(
            ExitCode.USAGE, "%s: --attack %s sets its own".formatted(option, attack));
      }
    }
    if (attack.equals(UniversalAttack.NAME)) {
      ModelOptions.refuse(
          spec, "--attack universal has no use for it", NOT_UNIVERSAL.toArray(String[]::new));
    }
    takes();
    return new AttackSettings(
        attack,
        loss(attack, loss == null ? usualLoss() : loss),
        targets,
        steps,
        relativeStep == null ? OptionalDouble.empty() : OptionalDouble.of(relativeStep),
        restarts,
        seed,
        dtype.equals("auto")
            ? Optional.empty()
            : Optional.of(DType.valueOf(dtype.toUpperCase(Locale.ROOT))),
        image.layout(attack, keep.pictures()),
        rule(rule));
  }

  private Threat threat() {
    if (surrogate != null || attack.equals(UniversalAttack.NAME)) {
      String why = "goes without --surrogate and --attack " + UniversalAttack.NAME;
      ModelOptions.refuse(spec, why, ScaleOptions.NAMES);
    }
    return scale.threat(ModelOptions.distance(norm), model.box());
  }

  @Override
  public Integer call() {
    if (fleet.asked()) {
      String line = FleetLines.attack(spec, settings(), norm, epsilon);
      return fleet.run(spec, model, device, data, line, List.of());
    }
    var request =
        new Analyses.AttackRequest(
            model.model(),
            ModelOptions.presentData(data),
            threat(),
            ModelOptions.epsilon(epsilon),
            settings(),
            target == null ? OptionalInt.empty() : OptionalInt.of(target),
            surrogate(),
            !silent,
            full(),
            keep.keep(image, model.box()));
    try (Analyses engine =
        EngineProvider.load().analyses(device.request().withOutput(model.output()))) {
      Analyses.AttackReport report = engine.attack(request);
      model.report(AnalysisText.of(report), AttackJson.of(report, model.made()), engine.notes());
    }
    return 0;
  }
}
