// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.threat.Norm;

/**
 * Adversarial training (Madry et al. 2018): each batch is replaced by its adversarial examples,
 * there those of PGD, computed with unsmoothed labels. Epsilon 0 is standard training.
 */
public record PgdTraining(Norm norm, Attack attack) implements CrossEntropy {
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
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        new Perturbation(norm, attack, Perturbation.Start.ATTACK, Perturbation.Goal.CROSS_ENTROPY));
  }
}
