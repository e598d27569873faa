// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.List;
import java.util.Map;
import org.rigor.curvature.FisherTrace;
import org.rigor.curvature.HessianTrace;
import org.rigor.curvature.LossSurface;
import org.rigor.curvature.ParameterVector;
import org.rigor.curvature.SampleGradients;
import org.rigor.nn.Activation;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Bartlett's second identity: with labels drawn from the model, the trace of the Hessian of the
 * cross-entropy is the mean squared length of its gradient. Kinks have measure zero and do not
 * matter.
 */
@Doc("Under the model's own labels the Hessian's trace is the mean squared gradient.")
public record FisherTraceIdentity(
    @Doc("Random inputs.") @Default("5") @Range(min = 1, max = 1000) int samples,
    @Doc("Directions of Hutchinson's estimate on the larger network.")
        @Default("400")
        @Range(min = 100, max = 100_000)
        int probes)
    implements Law {
  @Override
  public String id() {
    return "activation-sparsity/A1";
  }

  @Override
  public String source() {
    return "Bartlett's second identity; Peng et al. 2023 use it for flatness (statement T1)";
  }

  @Override
  public String says() {
    return "sum_y p(y|x) tr H[-log p(y|x)] = sum_y p(y|x) ||grad log p(y|x)||^2.";
  }

  @Override
  public void measure(Lab lab) {
    for (Activation a : List.of(Activation.RELU, Activation.J_SQUARED_RELU, Activation.GELU)) {
      Network net = Sample.normed(8, 16, a, 4);
      HostTensor x = Sample.normal(lab.seed(), 1, samples, 8);
      Map<String, HostTensor> params = Sample.start(net, lab.seed(), 1);
      double fisher = fisher(lab, net, params, x);
      HostTensor own = probabilities(lab, net, params, x);
      double trace;
      try (LossSurface s = surface(lab, net, params, x, own)) {
        trace = HessianTrace.exact(s).value()[0];
      }
      Tolerance t = Tolerance.relative(1e-10, fisher);
      lab.compare("exact, 8-16-4, " + a, "T1", fisher, trace, t);
      // Other labels break the identity, which is about the model's own.
      HostTensor labels = Sample.labels(lab.seed(), samples, 4);
      try (LossSurface s = surface(lab, net, params, x, labels)) {
        double other = HessianTrace.exact(s).value()[0];
        lab.report("trace with random labels over Fisher trace, " + a, other / fisher);
      }
      lab.checkpoint();
    }
    sampled(lab);
  }

  /** Measures a network of the size of a digits classifier. */
  private void sampled(Lab lab) {
    Network net = Sample.normed(64, 64, Activation.RELU, 10);
    HostTensor x = Sample.normal(lab.seed(), 2, 20, 64);
    Map<String, HostTensor> params = Sample.start(net, lab.seed(), 1);
    double fisher = fisher(lab, net, params, x);
    lab.checkpoint();
    try (LossSurface s = surface(lab, net, params, x, probabilities(lab, net, params, x))) {
      HessianTrace found = HessianTrace.hutchinson(s, probes, lab.seed());
      lab.compare(
          "Hutchinson, 64-64-10, RELU",
          "T1",
          fisher,
          found.value()[0],
          Tolerance.errors(4, found.standardError()[0]));
    }
  }

  private static LossSurface surface(
      Lab lab, Network net, Map<String, HostTensor> params, HostTensor x, HostTensor targets) {
    try (Models networks = Models.of(lab.device(), net, params)) {
      return new LossSurface(networks, Loss::crossEntropy, ParameterVector.of(net), x, targets);
    }
  }

  private static double fisher(Lab lab, Network net, Map<String, HostTensor> params, HostTensor x) {
    try (Models networks = Models.of(lab.device(), net, params)) {
      return FisherTrace.of(networks, x).total().value()[0];
    }
  }

  /** Returns the model's own probabilities as constant targets, [N, K]. */
  private static HostTensor probabilities(
      Lab lab, Network net, Map<String, HostTensor> params, HostTensor x) {
    int n = x.shape().dim(0);
    int k = net.outputs();
    HostTensor any = Sample.labels(0, n, k);
    double[] p = new double[n * k];
    try (SampleGradients g = new SampleGradients(lab.device(), net, Loss::crossEntropy, 1, n);
        Models networks = Models.of(lab.device(), net, params)) {
      double[][] z = g.measure(networks, x, any).outputs()[0];
      for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < k; j++) {
          p[i * k + j] = StrictMath.exp(z[i][j]);
          sum += p[i * k + j];
        }
        for (int j = 0; j < k; j++) {
          p[i * k + j] /= sum;
        }
      }
    }
    return HostTensor.of(Shape.of(n, k), p);
  }
}
