// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

/**
 * A library that trains ReLU networks with softmax cross-entropy and plain SGD; found by
 * ServiceLoader. Threads are the library's own setting and fixed when the JVM starts.
 */
public interface TrainingPeer {
  /** Name and threads. */
  String name();

  /** One network. */
  Training standard(Setting setting);

  /** {@code models} networks, adversarially trained by PGD in the l-infinity ball. */
  Training adversarial(Setting setting, int models, Pgd pgd);

  /**
   * What is trained.
   *
   * @param widths input, hidden and output widths
   * @param batch samples of a step
   * @param x batch x input numbers in [0, 1]
   * @param labels batch classes
   * @param rate learning rate
   */
  record Setting(int[] widths, int batch, float[] x, int[] labels, float rate) {}

  /**
   * The attack of a training step: starts at the sample, steps along the gradient's sign, stays in
   * the ball and in [0, 1].
   *
   * @param epsilon radius
   * @param size length of a step
   * @param steps number of steps
   */
  record Pgd(float epsilon, float size, int steps) {}

  /** A training in progress. */
  interface Training extends AutoCloseable {
    /** One step of every model. */
    void step();

    /** Mean loss over models of the last step, at the parameters before its update. */
    double loss();

    @Override
    void close();
  }
}
