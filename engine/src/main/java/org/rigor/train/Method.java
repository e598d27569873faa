// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.threat.Norm;

/**
 * A training method: how a batch is perturbed, and the loss whose gradient moves the parameters. A
 * method is a record of what changes the programs; numbers that differ between models are named by
 * {@link #numbers} and given by {@link ModelSetup}.
 *
 * <p>To add one: a record that implements this interface, and its line in the list of the contract
 * test {@code MethodSamples}; for studies a record in {@code MethodSpec}.
 */
public interface Method {
  /** Per-model numbers besides epsilon and relative step, and their usual values. */
  default Map<String, Double> numbers() {
    return Map.of();
  }

  /** Per-model numbers that change from step to step. */
  default Map<String, Table> tables() {
    return Map.of();
  }

  /** How a batch is perturbed before the update; empty if it is not. */
  default Optional<Perturbation> perturbation() {
    return Optional.empty();
  }

  /**
   * Targets made of a teacher's outputs on the clean batch, [M, B, K]; empty for labels alone. The
   * teacher is the moving average of the weights, so the setup's averaging must be EMA.
   *
   * @param logits the teacher's, [M, B, K]
   */
  default Optional<Value> target(Objective o, Value logits) {
    return Optional.empty();
  }

  /** Whether {@link #target} needs the teacher. */
  default boolean taught() {
    return false;
  }

  /** Updates made with one batch, and how its perturbation moves with them; empty for one. */
  default Optional<Replay> replay() {
    return Optional.empty();
  }

  /** Loss of each sample, [M, B, 1]; its mean over the batch is minimised. */
  Value loss(Objective o);

  /** Whether labels may be smoothed. */
  default boolean smooths() {
    return true;
  }

  /** A number over the steps of one model's training. */
  @FunctionalInterface
  interface Table {
    /**
     * @param numbers the model's
     * @param step from 0
     * @param total steps of the model's training
     */
    double at(Map<String, Double> numbers, int step, int total);
  }

  /**
   * A perturbation that is kept from step to step and climbs with the same gradient by which the
   * parameters descend.
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
