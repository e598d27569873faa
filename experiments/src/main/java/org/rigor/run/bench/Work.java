// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.yaml.Names;

/** The works, by the letters that records and peers use and by name. */
public enum Work {
  A(
      "adversarial-step",
      "PGD-10 training step of M networks 64-128-128-10, batch 64",
      TrainingWork::digits),
  B("training-step", "training step of M networks 784-512-512-10, batch 256", TrainingWork::wide),
  C(
      "conv-step",
      "training step of M networks of two 3x3 convolutions on 28x28, batch 256",
      TrainingWork::convolutional),
  D(
      "resnet-step",
      "PGD-10 training step of ResNet-18 on 32x32x3, batch 256",
      TrainingWork::residual),
  E(
      "attack",
      "PGD-100 of 10,000 samples, at a radius where few fall and one where most do",
      AttackWork::run),
  F(
      "jacobian",
      "Jacobian norms of 10,000 samples in double, with certified lower sides; twenty steps of"
          + " power iteration of 4,096 matrices 256x256",
      JacobianWork::run),
  G(
      "kernels",
      "launch, replay, bandwidth beside a copy, products beside the best one measured",
      KernelWork::run),
  H("crown", "CROWN of 10,000 samples in double, rounding enclosed", CrownWork::run),
  I(
      "certificates",
      "CROWN of 100, 1,000 and 10,000 samples of a trained network, in double",
      CertificateWork::run),
  J(
      "attacks",
      "PGD-40 from five starts of 100, 1,000 and 10,000 samples of a trained network",
      AttacksWork::run),
  K(
      "verdicts",
      "alpha-CROWN of 100 samples of a trained network, and verdicts on them by branch and bound",
      VerdictsWork::run);

  private interface Runner {
    void run(Session session) throws IOException;
  }

  private final String word;
  private final String title;
  private final Runner runner;

  Work(String word, String title, Runner runner) {
    this.word = word;
    this.title = title;
    this.runner = runner;
  }

  public String letter() {
    return name().toLowerCase(Locale.ROOT);
  }

  public String word() {
    return word;
  }

  /** Returns one line for the help. */
  public String title() {
    return title;
  }

  /** Measures the work and writes its records. */
  public void run(Session session) throws IOException {
    runner.run(session);
  }

  /**
   * Returns the works of the given letters or names, in the order declared here; all if none is
   * given.
   *
   * @throws RunException with exit code 2 if there is no such work
   */
  public static Set<Work> named(List<String> names) {
    Set<Work> found = EnumSet.noneOf(Work.class);
    for (String name : names) {
      String wanted = name.toLowerCase(Locale.ROOT);
      Optional<Work> work =
          Arrays.stream(values())
              .filter(w -> w.letter().equals(wanted) || w.word.equals(wanted))
              .findFirst();
      found.add(work.orElseThrow(() -> unknown(name)));
    }
    return found.isEmpty() ? EnumSet.allOf(Work.class) : found;
  }

  private static RunException unknown(String name) {
    List<String> words = Arrays.stream(values()).map(Work::word).toList();
    List<String> known = new ArrayList<>();
    for (Work w : values()) {
      known.add(w.letter() + " " + w.word);
    }
    String hint = Names.nearest(name, words).map(w -> "; did you mean '" + w + "'?").orElse("");
    return new RunException(
        ExitCode.USAGE,
        "no work '%s'%s%nThere are: %s".formatted(name, hint, String.join(", ", known)));
  }
}
