// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;

/** Training: what all methods share, and the methods. */
@Doc("Training: what all methods share, and the methods.")
public record TrainingSpec(
    @Doc("Passes over the training samples.") @PerModel @Range(min = 1, max = 1_000_000) int epochs,
    @Doc("Samples of one step.") @Default("64") @Range(min = 1, max = 1_000_000) int batchSize,
    @Doc("Optimiser.") OptimiserSpec optimiser,
    @Doc("Learning-rate schedule.") @Default("{type: cosine}") ScheduleSpec schedule,
    @Doc("Share of the target spread over all classes.")
        @PerModel
        @Default("0")
        @Range(min = 0, max = 1, maxOpen = true)
        double labelSmoothing,
    @Doc("Random crops and flips of the training images.") Optional<AugmentSpec> augment,
    @Doc("Methods; each is one arm of the study.") @Length(min = 1, max = 1000)
        List<MethodSpec> methods) {

  public TrainingSpec {
    Set<String> names = new HashSet<>();
    for (MethodSpec m : methods) {
      if (!names.add(m.name())) {
        throw new IllegalArgumentException(
            "two methods are named '%s'; give each its own 'name'".formatted(m.name()));
      }
    }
  }

  /** Returns a copy with one method alone. */
  TrainingSpec only(MethodSpec method) {
    return new TrainingSpec(
        epochs, batchSize, optimiser, schedule, labelSmoothing, augment, List.of(method));
  }
}
