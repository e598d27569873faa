// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.PerModel;
import org.rigor.run.yaml.Range;

/** The training options common to all methods of a study. */
@Doc("What all methods share.")
public record SharedTraining(
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
    @Doc("Training samples used, drawn class by class by a fixed draw; all if left out.")
        @Range(min = 2, max = 1e9)
        Optional<Integer> samples,
    @Doc("Samples taken off the training set, by a fixed draw, to choose the best epoch on.")
        @Range(min = 1, max = 1e9)
        Optional<Integer> heldOut,
    @Doc(
            "Share of the training labels replaced by a uniform draw from all classes, the same in"
                + " every trial; 1 is random labels. Held-out labels stay right.")
        @Range(min = 0, max = 1)
        Optional<Double> labelNoise,
    @Doc("Measurements of the networks during training.") Optional<ProbeSpec> probe,
    @Doc("Loss of standard training: cross-entropy, also if left out, or mse on one-hot labels.")
        Optional<LossKind> loss,
    @Doc("An end of training before the epochs are over.") Optional<UntilSpec> until,
    @Doc(
            "What a GPU may round the operands of training's matrix products to, for tensor cores:"
                + " tf32 or bf16; sums stay in f32, measurements round nothing. Nothing if left"
                + " out.")
        Optional<ProductsKind> products) {

  public SharedTraining {
    boolean onHeldOut = probe.map(p -> p.splits().contains(ProbeSpec.Split.HELD_OUT)).orElse(false);
    if (onHeldOut && heldOut.isEmpty()) {
      throw new IllegalArgumentException(
          "probe.splits: 'held-out' needs samples held out; set 'held-out'");
    }
  }

  /** Returns the key, if any, that is valid with standard training only. */
  Optional<String> standardOnly() {
    if (until.isPresent()) {
      return Optional.of("until");
    }
    return loss.equals(Optional.of(LossKind.MSE)) ? Optional.of("loss: mse") : Optional.empty();
  }
}
