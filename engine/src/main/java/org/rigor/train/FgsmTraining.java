// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Optional;
import org.rigor.threat.Norm;

/**
 * FGSM-RS (Wong et al. 2020, "Fast is better than free", algorithm 3): a uniform start in the
 * maximum-norm ball, then one gradient sign step projected back into the ball. The relative step of
 * the paper is 1.25. The start is clipped to the box, as in its code for CIFAR-10; the algorithm
 * and the code for MNIST clip only after the step.
 */
public record FgsmTraining() implements CrossEntropy {
  /** Ratio of the step to epsilon in the paper. */
  public static final double STEP = 1.25;

  @Override
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        new Perturbation(
            Norm.LINF,
            Perturbation.pgd(1, true),
            Perturbation.Start.ATTACK,
            Perturbation.Goal.CROSS_ENTROPY));
  }
}
