// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.Optional;
import org.rigor.threat.Norm;

/**
 * Training on samples with Gaussian noise, redrawn each step and not clipped to the box (Cohen et
 * al. 2019, section 3.3). Its number {@code sigma} is the deviation; 0 is standard training.
 */
public record NoiseTraining() implements CrossEntropy {
  @Override
  public Map<String, Double> numbers() {
    return Map.of("sigma", 0.0);
  }

  @Override
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        new Perturbation(
            Norm.L2,
            Optional.empty(),
            Perturbation.Start.GAUSSIAN,
            Perturbation.Goal.CROSS_ENTROPY));
  }
}
