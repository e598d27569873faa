// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.threat.Norm;

/**
 * A training method: how a batch is perturbed, and the loss whose gradient moves the parameters.
 * The record holds what changes the programs; {@link #numbers} names the numbers that differ
 * between models, and {@link ModelSetup} supplies them.
 *
 * <p>To add one: a record that implements this interface, and its line in the list of the contract
 * test {@code MethodSamples}; for studies a record in {@code MethodSpec}.
 */
public interface Method {
  /** Returns the usual values of the per-model numbers besides epsilon and relative step. */
  default Map<String, Double> numbers() {
    return Map.of();
  }

  /** Returns the per-model numbers that change from step to step. */
  default Map<String, Table> tables() {
    return Map.of();
  }

  /** Returns how the first weights are drawn. */
  default Initialisation initialisation() {
    return Initialisation.USUAL;
  }

  /** Returns how a batch is perturbed before the update; empty for clean training. */
  default Optional<Perturbation> perturbation() {
    return Optional.empty();
  }

  /**
   * Returns targets made from a teacher's outputs on the clean batch, [M, B, K]; empty to train on
   * the labels. The teacher is the moving average of the weights, so the setup's averaging must be
   * EMA.
   *
   * @param logits the teacher's, [M, B, K]
   */
  default Optional<Value> target(Objective o, Value logits) {
    return Optional.empty();
  }

  /** Returns whether {@link #target} needs the teacher. */
  default boolean taught() {
    return false;
  }

  /** Returns how a batch is reused for several updates; empty for a single update. */
  default Optional<Replay> replay() {
    return Optional.empty();
  }

  /** Returns the loss of each sample, [M, B, 1]; training minimises its mean over the batch. */
  Value loss(Objective o);

  /** Returns whether labels may be smoothed. */
  default boolean smooths() {
    return true;
  }

  /** A per-model number as a function of the training step. */
  @FunctionalInterface
  interface Table {
    /**
     * Returns the value at a step.
     *
     * @param numbers the model's
     * @param step from 0
     * @param total steps of the model's training
     */
    double at(Map<String, Double> numbers, int step, int total);
  }

  /**
   * A perturbation that persists across steps and ascends the same gradient that the parameters
   * descend.
   *
   * @param times updates with one batch, at least 1
   */
  record Replay(int times, Norm norm) {
    public Replay {
      if (times < 1) {
        throw new IllegalArgumentException("replays must be >= 1, got " + times);
      }
    }
  }
}
