// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

/**
 * The step size and weight decay in the problem's units. The paper's rules were not available;
 * these are stated so that every number can be recomputed.
 *
 * @param net the network with its factor c
 * @param rate {@code 1 / (q smax(Y)^2)}, half of the linear stability limit at infinite width
 * @param kernelSum q
 * @param smallest smin(X)^2
 */
record Scale(DeepLinear net, double rate, double kernelSum, double smallest) {
  static Scale of(InverseProblem p, Convention convention, int width, int layers) {
    return of(p, convention, width, layers, p.measuredSpectrum()[0]);
  }

  /**
   * @param top smax(Y) of the measurements trained on
   */
  static Scale of(InverseProblem p, Convention convention, int width, int layers, double top) {
    double q = convention.kernelSum(p.m(), width, layers);
    double[] signal = p.signalSpectrum();
    double low = signal[p.s() - 1];
    return new Scale(
        convention.network(p.m(), width, p.d(), layers), 1 / (q * top * top), q, low * low);
  }

  /** Returns lambda = gamma smin(X)^2 q / L; with NTK scaling gamma smin(X)^2 / m. */
  double decay(double gamma) {
    return gamma * smallest * kernelSum / net.layers();
  }

  /** Returns the lambda_eff of {@link #decay}. */
  double effective(double gamma) {
    return Convention.effectiveDecay(net, decay(gamma));
  }

  /** Returns the lambda with this lambda_eff. */
  double decayFor(double effective) {
    return effective * Math.pow(net.scale(), 2.0 / net.layers());
  }
}
