// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.attack.Pgd;
import org.rigor.threat.Norm;

/**
 * How a training method perturbs a batch: a start, then the steps of an attack on a goal, with each
 * model's epsilon and, unless the attack sets its own steps, step size.
 *
 * @param attack empty for the start alone
 * @param share table of the method that multiplies radius and step size; empty for 1
 */
public record Perturbation(
    Norm norm, Optional<Attack> attack, Start start, Goal goal, Optional<String> share) {
  /** First iterate; draws depend on trial, sample and step. */
  public enum Start {
    /** Where the attack starts. */
    ATTACK,
    /** x + 0.001 N(0, 1), neither projected nor clipped (TRADES, MART). */
    NORMAL,
    /** x + 0.001 U[0, 1), neither projected nor clipped (ADR on TRADES). */
    UNIT,
    /** x + sigma N(0, 1), neither projected nor clipped. */
    GAUSSIAN
  }

  /** The objective that the steps increase. */
  public enum Goal {
    /** Cross-entropy of the unsmoothed labels. */
    CROSS_ENTROPY,
    /** Cross-entropy of the teacher's targets. */
    TARGET,
    /** KL(f(x) || f(x')), with f(x) held constant. */
    DIVERGENCE
  }

  /** Standard deviation or width of the small starts. */
  static final double SMALL = 0.001;

  public Perturbation {
    if (attack.isEmpty() && start == Start.ATTACK) {
      throw new IllegalArgumentException("perturbation: starts where an attack does, without one");
    }
  }

  /** Creates a perturbation of the whole radius. */
  Perturbation(Norm norm, Optional<Attack> attack, Start start, Goal goal) {
    this(norm, attack, start, goal, Optional.empty());
  }

  /** Creates a perturbation that takes all steps of an attack. */
  Perturbation(Norm norm, Attack attack, Start start, Goal goal) {
    this(norm, Optional.of(attack), start, goal);
  }

  /** Returns projected gradient ascent; its step lengths differ between models. */
  static Pgd pgd(int steps, boolean randomStart) {
    return new Pgd(steps, 1, randomStart);
  }

  /** Returns the number of steps, 0 for the start alone. */
  public int steps() {
    return attack.map(Attack::steps).orElse(0);
  }
}
