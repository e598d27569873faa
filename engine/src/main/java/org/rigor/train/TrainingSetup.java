// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.exec.Products;
import org.rigor.nn.Network;
import org.rigor.nn.Pass;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * The settings that all models of a training share: everything that changes the programs. {@link
 * ModelSetup} holds the numbers that differ between models.
 *
 * @param dtype floating type of parameters and arithmetic
 * @param samples training samples N
 * @param batch samples of a step, at most N; an incomplete last batch of an epoch is dropped
 * @param method how batches are perturbed and what is minimised
 * @param awp whether gradients are taken at adversarially perturbed weights
 * @param averaging what is kept beside the weights; a method with a teacher needs EMA
 * @param augmentation of each batch, before any attack; inputs must then be images [H, W, C]
 * @param attackStatistics what batch norms use during the attack, BATCH or RUNNING; they never
 *     learn from it
 * @param box range of inputs
 * @param products what operands of matrix products of floats may be rounded to while training;
 *     kernels that keep a small model on the chip round nothing
 */
public record TrainingSetup(
    Network network,
    DType dtype,
    int samples,
    int batch,
    Optimiser optimiser,
    Method method,
    Optional<Awp> awp,
    Averaging averaging,
    Optional<Augmentation> augmentation,
    Pass.Statistics attackStatistics,
    Box box,
    Products products) {
  /** Name of a number that every training has, see {@link #numbers}. */
  public static final String INITIAL_SCALE = "initial-scale";

  public TrainingSetup {
    if (attackStatistics == Pass.Statistics.FROZEN) {
      throw new IllegalArgumentException(
          "training: statistics during the attack must be BATCH or RUNNING, got FROZEN: nothing"
              + " is finished yet");
    }
    if (batch < 1 || batch > samples) {
      throw new IllegalArgumentException(
          "batch size must lie in [1, " + samples + "], the training samples; got " + batch);
    }
    if (method.taught() && averaging != Averaging.EMA) {
      throw new IllegalArgumentException(
          "training: the teacher of "
              + method.getClass().getSimpleName()
              + " is the EMA of the weights, got averaging "
              + averaging);
    }
  }

  /** Creates a setup that rounds no operands of products. */
  public TrainingSetup(
      Network network,
      DType dtype,
      int samples,
      int batch,
      Optimiser optimiser,
      Method method,
      Optional<Awp> awp,
      Averaging averaging,
      Optional<Augmentation> augmentation,
      Pass.Statistics attackStatistics,
      Box box) {
    this(
        network,
        dtype,
        samples,
        batch,
        optimiser,
        method,
        awp,
        averaging,
        augmentation,
        attackStatistics,
        box,
        Products.EXACT);
  }

  /** Creates a setup without weight perturbation or averaging. */
  public TrainingSetup(
      Network network,
      DType dtype,
      int samples,
      int batch,
      Optimiser optimiser,
      Method method,
      Optional<Augmentation> augmentation,
      Pass.Statistics attackStatistics,
      Box box) {
    this(
        network,
        dtype,
        samples,
        batch,
        optimiser,
        method,
        Optional.empty(),
        Averaging.NONE,
        augmentation,
        attackStatistics,
        box);
  }

  /**
   * Creates a setup without augmentation, with running statistics during the attack (Pang et al.
   * 2021).
   */
  public TrainingSetup(
      Network network,
      DType dtype,
      int samples,
      int batch,
      Optimiser optimiser,
      Method method,
      Box box) {
    this(
        network,
        dtype,
        samples,
        batch,
        optimiser,
        method,
        Optional.empty(),
        Pass.Statistics.RUNNING,
        box);
  }

  /** Returns this setup with other products of floats. */
  public TrainingSetup with(Products other) {
    return new TrainingSetup(
        network,
        dtype,
        samples,
        batch,
        optimiser,
        method,
        awp,
        averaging,
        augmentation,
        attackStatistics,
        box,
        other);
  }

  /**
   * Returns the usual values of the per-model numbers beyond those of {@link ModelSetup}. {@link
   * #INITIAL_SCALE} multiplies the randomly drawn initial parameters.
   */
  public Map<String, Double> numbers() {
    Map<String, Double> all = new LinkedHashMap<>(method.numbers());
    all.put(INITIAL_SCALE, 1.0);
    awp.ifPresent(a -> all.putAll(a.numbers()));
    all.putAll(averaging.numbers());
    return all;
  }

  /** Returns the number of full batches in an epoch. */
  public int stepsPerEpoch() {
    return samples / batch;
  }

  /** Returns the extents of a batch of M models. */
  Shape batchShape(int models) {
    return network.input().insert(0, batch).insert(0, models);
  }
}
