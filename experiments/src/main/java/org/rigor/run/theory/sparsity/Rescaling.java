// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.curvature.HessianTrace;
import org.rigor.curvature.HiddenMeter;
import org.rigor.curvature.HiddenStatistics;
import org.rigor.curvature.HiddenStatistics.Quantity;
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
import org.rigor.workspace.Models;

/**
 * The control of every statement about flatness: K to aK, b to ab, V to V/a moves the trace of the
 * Hessian arbitrarily far but leaves a ReLU network's function and sparsity unchanged (Dinh et al.
 * 2017). Flatness alone does not cause sparsity; augmented flatness moves by 1/a^2 with the
 * gradients of the units, and its ratio to their coefficient does not.
 */
@Doc("Rescaling K and V moves the Hessian's trace and leaves function and sparsity alone.")
public record Rescaling(
    @Doc("Factor of K.") @Default("4") @Range(min = 0.01, max = 100, minOpen = true) double factor)
    implements Law {
  private static final int SAMPLES = 10;
  private static final int CLASSES = 4;

  @Override
  public String id() {
    return "activation-sparsity/rescaling";
  }

  @Override
  public String source() {
    return "Dinh et al. 2017 (arXiv 1703.04933), on the blocks of Peng et al. 2023";
  }

  @Override
  public String says() {
    return "tr H_K(aK, V/a) = tr H_K / a^2 and tr H_V(aK, V/a) = a^2 tr H_V, with the same outputs"
        + " and the same active units.";
  }

  @Override
  public void measure(Lab lab) {
    Network net = Sample.normed(8, 16, Activation.RELU, CLASSES);
    Map<String, HostTensor> before = Sample.start(net, lab.seed(), 1);
    Map<String, HostTensor> after = new LinkedHashMap<>(before);
    after.put("1.weight", times(before.get("1.weight"), factor));
    after.put("1.bias", times(before.get("1.bias"), factor));
    after.put("3.weight", times(before.get("3.weight"), 1 / factor));
    HostTensor x = Sample.normal(lab.seed(), 1, SAMPLES, 8);
    HostTensor t = Sample.labels(lab.seed(), SAMPLES, CLASSES);
    double a2 = factor * factor;
    trace(lab, net, before, after, x, t, Set.of("1.weight"), "K", "tr H_K / a^2", 1 / a2);
    trace(lab, net, before, after, x, t, Set.of("3.weight"), "V", "a^2 tr H_V", a2);
    try (SampleGradients g =
            new SampleGradients(lab.device(), net, Loss::crossEntropy, 1, SAMPLES);
        Models one = Models.of(lab.device(), net, before);
        Models other = Models.of(lab.device(), net, after)) {
      double[][] first = g.measure(one, x, t).outputs()[0];
      double[][] second = g.measure(other, x, t).outputs()[0];
      double moved = 0;
      for (int n = 0; n < SAMPLES; n++) {
        for (int k = 0; k < CLASSES; k++) {
          moved = Math.max(moved, Math.abs(first[n][k] - second[n][k]));
        }
      }
      lab.compare("largest change of an output", "0", 0, moved, Tolerance.absolute(1e-12));
    }
    try (HiddenMeter meter = new HiddenMeter(lab.device(), net, Loss::crossEntropy, 1, SAMPLES);
        Models one = Models.of(lab.device(), net, before);
        Models other = Models.of(lab.device(), net, after)) {
      List<HiddenStatistics> first = meter.measure(one, x, t);
      List<HiddenStatistics> second = meter.measure(other, x, t);
      ratio(lab, first, second, Quantity.ACTIVE, "share of active units", 1, "the same");
      ratio(lab, first, second, Quantity.AUGMENTED_FLATNESS, "augmented flatness", 1 / a2, "1/a^2");
      ratio(lab, first, second, Quantity.COEFFICIENT, "coefficient c", 1 / a2, "1/a^2");
      ratio(lab, first, second, Quantity.INPUT_GRADIENT_SQUARE, "|K eta|^2", 1, "the same");
    }
  }

  private static HostTensor times(HostTensor t, double factor) {
    double[] out = t.doubles().clone();
    for (int i = 0; i < out.length; i++) {
      out[i] *= factor;
    }
    return HostTensor.of(t.shape(), out);
  }

  private static void trace(
      Lab lab,
      Network net,
      Map<String, HostTensor> before,
      Map<String, HostTensor> after,
      HostTensor x,
      HostTensor t,
      Set<String> names,
      String what,
      String form,
      double scale) {
    ParameterVector vector = ParameterVector.of(net, names);
    try (Models networks = Models.of(lab.device(), net, before);
        LossSurface s = new LossSurface(networks, Loss::crossEntropy, vector, x, t)) {
      double first = HessianTrace.exact(s).value()[0];
      s.move(after);
      double second = HessianTrace.exact(s).value()[0];
      double wanted = first * scale;
      lab.compare("trace of " + what, form, wanted, second, Tolerance.relative(1e-9, wanted));
    }
  }

  private static void ratio(
      Lab lab,
      List<HiddenStatistics> before,
      List<HiddenStatistics> after,
      Quantity q,
      String name,
      double wanted,
      String form) {
    double found = after.get(0).of(q, 0) / before.get(0).of(q, 0);
    lab.compare(
        name + ", after over before", form, wanted, found, Tolerance.relative(1e-9, wanted));
  }
}
