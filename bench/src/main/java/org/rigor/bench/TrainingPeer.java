// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

/**
 * A library that trains ReLU networks with softmax cross-entropy and plain SGD; found by
 * ServiceLoader. Each library configures its own threads, fixed when the JVM starts.
 */
public interface TrainingPeer {
  /** Returns name and threads. */
  String name();

  /** Starts training one network. */
  Training standard(Setting setting);

  /** Starts adversarial training of {@code models} networks by PGD in the l-infinity ball. */
  Training adversarial(Setting setting, int models, Pgd pgd);

  /**
   * The training problem.
   *
   * @param widths input, hidden and output widths
   * @param batch samples per step
   * @param x batch x input numbers in [0, 1]
   * @param labels one class per sample
   * @param rate learning rate
   */
  record Setting(int[] widths, int batch, float[] x, int[] labels, float rate) {}

  /**
   * The attack of a training step: it starts at the sample, steps along the gradient's sign, and
   * stays in the ball and in [0, 1].
   *
   * @param epsilon radius
   * @param size length of a step
   * @param steps number of steps
   */
  record Pgd(float epsilon, float size, int steps) {}

  /** A training in progress. */
  interface Training extends AutoCloseable {
    /** Takes one step of every model. */
    void step();

    /** Returns the last step's mean loss over models, at the parameters before its update. */
    double loss();

    @Override
    void close();
  }
}
