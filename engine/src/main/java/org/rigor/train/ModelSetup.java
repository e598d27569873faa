// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.nn.TrialKey;

/**
 * The settings of a single model, a row of the model axis.
 *
 * @param key of all its random numbers
 * @param epochs passes over the data, at least 1; the row is frozen afterwards
 * @param learningRate peak of the schedule
 * @param schedule shape of the learning rate over its own steps
 * @param epsilon radius of the training attack; 0 is standard training
 * @param relativeStep step size of the training attack over epsilon
 * @param labelSmoothing in [0, 1)
 * @param hyper overrides of the optimiser's usual values
 * @param numbers overrides of the usual values of {@link TrainingSetup#numbers}
 */
public record ModelSetup(
    TrialKey key,
    int epochs,
    double learningRate,
    Schedule schedule,
    double epsilon,
    double relativeStep,
    double labelSmoothing,
    Map<String, Double> hyper,
    Map<String, Double> numbers) {
  public ModelSetup {
    hyper = Map.copyOf(hyper);
    numbers = Map.copyOf(numbers);
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

  /** Creates a setup with the usual numbers of method, weight perturbation and averaging. */
  public ModelSetup(
      TrialKey key,
      int epochs,
      double learningRate,
      Schedule schedule,
      double epsilon,
      double relativeStep,
      double labelSmoothing,
      Map<String, Double> hyper) {
    this(
        key,
        epochs,
        learningRate,
        schedule,
        epsilon,
        relativeStep,
        labelSmoothing,
        hyper,
        Map.of());
  }

  /** Returns the values of all numbers of a training. */
  Map<String, Double> numbers(TrainingSetup setup) {
    Map<String, Double> all = new LinkedHashMap<>(setup.numbers());
    numbers.forEach(
        (name, v) -> {
          if (all.put(name, v) == null) {
            throw new IllegalArgumentException(
                "the training has no number '" + name + "'; it has " + setup.numbers().keySet());
          }
        });
    return all;
  }
}
