// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

/**
 * A library that computes, in double, the Jacobian J of each sample through a ReLU network and the
 * product J J', whose largest eigenvalue is the squared spectral norm; found by ServiceLoader.
 */
public interface JacobianPeer {
  /** Returns name and threads. */
  String name();

  Work start(Setting setting);

  /**
   * @param widths input, hidden and output widths
   * @param weights of each layer, [in][out] row-major
   * @param biases of each layer
   * @param x samples x input numbers
   * @param samples number of samples
   */
  record Setting(int[] widths, double[][] weights, double[][] biases, double[] x, int samples) {}

  /** The measurement of all samples, to be repeated. */
  interface Work extends AutoCloseable {
    /** Measures all samples. */
    void run();

    /** Returns J J' of one sample of the last run, outputs x outputs. */
    double[] gram(int sample);

    @Override
    void close();
  }
}
