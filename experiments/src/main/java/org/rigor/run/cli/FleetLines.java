// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.rigor.attack.Attacks;
import org.rigor.attack.Pgd;
import org.rigor.certify.Certificates;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.analysis.AttackSettings;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;
import picocli.CommandLine.Model.CommandSpec;

/** Commands on one network as measurements of a study, for {@link Fleet}. */
final class FleetLines {
  private static final String USELESS = "--models has no use for it";
  private static final long BUDGET = 2000;

  private FleetLines() {}

  /** Returns what {@code attack} measures; refuses options that a study has no key for. */
  static String attack(CommandSpec spec, AttackSettings s, String norm, double epsilon) {
    ModelOptions.refuse(
        spec,
        USELESS,
        "--seed",
        "--dtype",
        "--target",
        "--target-rule",
        "--surrogate",
        "--save",
        "--png",
        "--ledger",
        "--image",
        "--no-signs",
        "--scale",
        "--frozen");
    if (!Attacks.names().contains(s.attack())) {
      throw new RunException(
          ExitCode.USAGE,
          "--models takes --attack %s, got %s"
              .formatted(String.join(", ", Attacks.names()), s.attack()));
    }
    return "type: pgd-curve, %s, attack: %s, loss: %s%s, steps: %d, relative-step: %s, restarts: %d, witnesses: false"
        .formatted(
            ball(norm, List.of(epsilon)),
            s.attack(),
            Names.kebab(s.loss().name()),
            s.loss().targeted() ? ", targets: " + s.targets() : "",
            s.steps(),
            Numbers.show(s.relativeStep().orElse(Math.min(10, Pgd.REACH / s.steps()))),
            s.restarts());
  }

  /** Returns what {@code distance} measures. */
  static String distance(CommandSpec spec, String norm, int steps) {
    ModelOptions.refuse(
        spec,
        USELESS,
        "--attack",
        "--loss",
        "--targets",
        "--target-rule",
        "--restarts",
        "--farthest",
        "--resolution",
        "--seed",
        "--dtype",
        "--save",
        "--png",
        "--image");
    return "type: attack-distance, norm: %s, steps: %d".formatted(known(norm), steps);
  }

  /**
   * Returns what {@code certify} measures.
   *
   * @param epsilon null if several are given
   * @param epsilons null if one is given
   * @param budget of a method that decides; null for the usual one
   */
  static String certify(
      CommandSpec spec,
      String method,
      String norm,
      Double epsilon,
      List<Double> epsilons,
      Long budget) {
    ModelOptions.refuse(
        spec,
        USELESS,
        "--vnnlib",
        "--instances",
        "--timeout",
        "--branching",
        "--out",
        "--proof",
        "--scale",
        "--frozen");
    if ((epsilon == null) == (epsilons == null)) {
      throw new RunException(
          ExitCode.USAGE, "--models: needs either --epsilon or --epsilons, ascending");
    }
    List<Double> radii = epsilons == null ? List.of(epsilon) : epsilons;
    if (!Certificates.names().contains(method)) {
      throw new RunException(
          ExitCode.USAGE,
          "--models takes --method %s, got %s"
              .formatted(String.join(", ", Certificates.names()), method));
    }
    ModelOptions.epsilons(radii);
    boolean decides = Certificates.decides(method);
    if (budget != null && (budget < 1 || !decides)) {
      throw new RunException(
          ExitCode.USAGE,
          "--budget: must be >= 1, with a --method that searches, got %d and %s"
              .formatted(budget, method));
    }
    return decides
        ? "type: verify-curve, method: %s, %s, loss: targeted-margin, budget: %d, witnesses: false"
            .formatted(method, ball(norm, radii), budget == null ? BUDGET : budget)
        : "type: %s-curve, %s".formatted(method, ball(norm, radii));
  }

  private static String known(String norm) {
    return Names.kebab(ModelOptions.norm(norm).name());
  }

  private static String ball(String norm, List<Double> epsilons) {
    epsilons.forEach(ModelOptions::epsilon);
    return "norm: %s, epsilons: [%s]"
        .formatted(
            known(norm), epsilons.stream().map(Numbers::show).collect(Collectors.joining(", ")));
  }
}
