// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import org.rigor.diff.Kind;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;
import org.rigor.run.study.OptimalitySpecs.Optimality;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;

/**
 * Properties that hold by construction; a result that violates one stops the run. {@link Curve}
 * itself ensures that a success carries over to every larger epsilon.
 */
final class Invariants {
  private Invariants() {}

  /**
   * @throws RunException with exit code 1 if two certified sides of one function cross, two
   *     verdicts contradict each other, or an attack fooled a sample nearer than what is verified
   */
  static void check(TrialResult r) {
    for (Curve attacked : r.curves()) {
      for (Curve certified : r.curves()) {
        if (attacked.side() == Curve.Side.ATTACKED
            && certified.side() == Curve.Side.CERTIFIED
            && (proof(attacked.kind()) && proof(certified.kind())
                || attacked.ofVerdicts() && certified.ofVerdicts())) {
          curves(r, attacked, certified);
        }
      }
    }
    Scalar crossed = r.scalars().get(Optimality.CROSSED);
    if (crossed != null && crossed.value() > 0) {
      throw broken(
          r,
          "attacks fooled %.0f samples nearer than the certified lower side of their distance"
              .formatted(crossed.value()));
    }
    Scalar low = r.scalars().get(Scalar.LIPSCHITZ_LOWER);
    Scalar high = r.scalars().get(Scalar.LIPSCHITZ_UPPER);
    if (low != null
        && high != null
        && proof(low.kind())
        && proof(high.kind())
        && low.value() > high.value()) {
      throw broken(
          r,
          "the Lipschitz bracket is crossed: %s (%s) above %s (%s)"
              .formatted(low.value(), low.method(), high.value(), high.method()));
    }
  }

  private static void curves(TrialResult r, Curve attacked, Curve certified) {
    int n = Math.min(attacked.survived().length, certified.survived().length);
    for (int i = 0; i < n; i++) {
      int proved = certified.survived()[i];
      int survived = attacked.survived()[i];
      if (proved > 0
          && survived < attacked.epsilons().length
          && certified.epsilons()[proved - 1] >= attacked.epsilons()[survived]) {
        throw broken(
            r,
            "sample %d is certified by %s at epsilon %s and broken by %s at epsilon %s"
                .formatted(
                    i,
                    certified.method(),
                    certified.epsilons()[proved - 1],
                    attacked.method(),
                    attacked.epsilons()[survived]));
      }
    }
  }

  private static boolean proof(Kind kind) {
    return kind == Kind.EXACT || kind == Kind.CERTIFIED;
  }

  private static RunException broken(TrialResult r, String what) {
    return new RunException(
        ExitCode.FAILED,
        "invariant broken in trial %s: %s. One of the two is wrong; the run stops here. Please report it"
                .formatted(r.id(), what)
            + " with the run folder");
  }
}
