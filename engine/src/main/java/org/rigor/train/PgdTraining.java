// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.threat.Norm;

/**
 * Adversarial training (Madry et al. 2018): each batch is replaced by its adversarial examples,
 * there those of PGD, computed with unsmoothed labels. Epsilon 0 is standard training.
 *
 * @param rises whether radius and steps follow a {@link Ramp}: a network that does not learn at the
 *     whole radius from the start may learn so
 */
public record PgdTraining(Norm norm, Attack attack, boolean rises) implements CrossEntropy {
  /** Creates training at the whole radius throughout. */
  public PgdTraining(Norm norm, Attack attack) {
    this(norm, attack, false);
  }

  /**
   * Creates training with PGD.
   *
   * @param steps of the attack, at least 1
   * @param randomStart at a point of the ball instead of the clean point
   */
  public PgdTraining(Norm norm, int steps, boolean randomStart) {
    this(norm, Perturbation.pgd(steps, randomStart));
  }

  @Override
  public Map<String, Double> numbers() {
    return rises ? Ramp.with(Map.of()) : Map.of();
  }

  @Override
  public Map<String, Table> tables() {
    return rises ? Map.of(Ramp.SHARE, Ramp::share) : Map.of();
  }

  @Override
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        new Perturbation(
            norm,
            Optional.of(attack),
            Perturbation.Start.ATTACK,
            Perturbation.Goal.CROSS_ENTROPY,
            rises ? Optional.of(Ramp.SHARE) : Optional.empty()));
  }
}
