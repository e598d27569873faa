// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Optional;
import org.rigor.threat.Norm;

/**
 * Adversarial training (Madry et al. 2018): each batch is replaced by its PGD examples, computed
 * with unsmoothed labels. Epsilon 0 is standard training.
 *
 * @param steps of the attack, at least 1
 * @param randomStart at a point of the ball instead of the clean point
 */
public record PgdTraining(Norm norm, int steps, boolean randomStart) implements CrossEntropy {
  public PgdTraining {
    if (steps < 1) {
      throw new IllegalArgumentException("pgd training: steps must be >= 1, got " + steps);
    }
  }

  @Override
  public Optional<Perturbation> perturbation() {
    Perturbation.Start start = randomStart ? Perturbation.Start.BALL : Perturbation.Start.CLEAN;
    return Optional.of(new Perturbation(norm, steps, start, Perturbation.Goal.CROSS_ENTROPY));
  }
}
