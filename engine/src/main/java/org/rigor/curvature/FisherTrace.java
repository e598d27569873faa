// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Trace of the Fisher information of M classifiers: the mean over samples of sum_y p(y|x) ||grad
 * log p(y|x)||^2, with labels weighted by the model's own probabilities instead of drawn. It equals
 * the trace of the Hessian of the mean loss under those labels (Bartlett's second identity).
 *
 * @param parts contribution of each sample, by parameter, [M][N]
 */
public record FisherTrace(Map<String, double[][]> parts) {

  /** Measures with one backward pass per class. */
  public static FisherTrace of(Models networks, HostTensor x) {
    Network network = networks.network();
    try (SampleGradients gradients =
        new SampleGradients(
            networks.device(), network, Loss::crossEntropy, networks.count(), x.shape().dim(0))) {
      return of(gradients, networks, x, network.outputs());
    }
  }

  /**
   * Measures with a compiled program.
   *
   * @param gradients of the cross-entropy
   */
  public static FisherTrace of(
      SampleGradients gradients, Models networks, HostTensor x, int classes) {
    Map<String, double[][]> parts = new LinkedHashMap<>();
    int samples = x.shape().dim(0);
    for (int y = 0; y < classes; y++) {
      double[] label = new double[samples * classes];
      for (int n = 0; n < samples; n++) {
        label[n * classes + y] = 1;
      }
      HostTensor targets = HostTensor.of(Shape.of(samples, classes), label);
      SampleGradients.Result found = gradients.measure(networks, x, targets);
      double[][] p = probabilities(found.outputs(), y);
      found
          .squares()
          .forEach(
              (name, squares) -> {
                double[][] sum = parts.computeIfAbsent(name, key -> new double[p.length][samples]);
                for (int m = 0; m < p.length; m++) {
                  for (int n = 0; n < samples; n++) {
                    sum[m][n] += p[m][n] * squares[m][n];
                  }
                }
              });
    }
    return new FisherTrace(parts);
  }

  private static double[][] probabilities(double[][][] outputs, int y) {
    double[][] p = new double[outputs.length][outputs[0].length];
    for (int m = 0; m < p.length; m++) {
      for (int n = 0; n < p[m].length; n++) {
        double sum = 0;
        for (double z : outputs[m][n]) {
          sum += Math.exp(z - outputs[m][n][y]);
        }
        p[m][n] = 1 / sum;
      }
    }
    return p;
  }

  /** Returns the mean over the samples and its standard error, over all parameters together. */
  public HessianTrace total() {
    double[][] sum = null;
    for (double[][] part : parts.values()) {
      sum = sum == null ? new double[part.length][part[0].length] : sum;
      for (int m = 0; m < sum.length; m++) {
        Vectors.add(sum[m], 1, part[m]);
      }
    }
    return HessianTrace.of(sum);
  }

  /**
   * Returns the same as {@link #total} for one parameter: its diagonal block of the Fisher
   * information.
   */
  public HessianTrace of(String parameter) {
    return HessianTrace.of(parts.get(parameter));
  }
}
