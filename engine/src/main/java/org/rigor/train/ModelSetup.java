// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import org.rigor.nn.TrialKey;

/**
 * What is one model's own: a row of the model axis.
 *
 * @param key of all its random numbers
 * @param epochs passes over the data, at least 1; the row is frozen afterwards
 * @param learningRate peak of the schedule
 * @param schedule shape of the learning rate over its own steps
 * @param epsilon radius of the training attack; 0 is standard training
 * @param relativeStep step size of the training attack over epsilon
 * @param labelSmoothing in [0, 1)
 * @param hyper values that replace the optimiser's usual ones
 */
public record ModelSetup(
    TrialKey key,
    int epochs,
    double learningRate,
    Schedule schedule,
    double epsilon,
    double relativeStep,
    double labelSmoothing,
    Map<String, Double> hyper) {
  public ModelSetup {
    hyper = Map.copyOf(hyper);
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs must be >= 1, got " + epochs);
    }
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException("epsilon must be >= 0 and finite, got " + epsilon);
    }
    if (!(learningRate > 0) || Double.isInfinite(learningRate)) {
      throw new IllegalArgumentException("learning rate must be > 0, got " + learningRate);
    }
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new IllegalArgumentException(
          "label smoothing must lie in [0, 1), got " + labelSmoothing);
    }
  }
}
