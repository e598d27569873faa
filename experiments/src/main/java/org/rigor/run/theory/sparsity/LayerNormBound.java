// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.curvature.FisherTrace;
import org.rigor.nn.Activation;
import org.rigor.nn.Dense;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.MlpBlock;
import org.rigor.nn.Sequential;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;

/**
 * Flatness bounds the gradient of the pre-activations where a layer norm holds the length of the
 * input: |x|^2 &gt;= d with scales of at least 1 and no shift, so d E|eta|^2 &lt;= tr F_K, the
 * Fisher trace of K, with equality where all scales are 1. With free scales the bound fails.
 */
@Doc("Behind a restricted layer norm the Fisher trace of K bounds the gradient of its units.")
public record LayerNormBound(
    @Doc("Random networks.") @Default("20") @Range(min = 1, max = 1000) int networks,
    @Doc("Random inputs of each.") @Default("8") @Range(min = 1, max = 1000) int samples)
    implements Law {
  private static final int WIDTH = 8;
  private static final int CLASSES = 4;
  private static final int DEPTH = 2;

  @Override
  public String id() {
    return "activation-sparsity/A4";
  }

  @Override
  public String source() {
    return "Peng et al. 2023, restricted layer norm (statement T2)";
  }

  @Override
  public String says() {
    return "d E||eta||^2 <= tr F_K behind a layer norm with scales of at least 1, with equality at"
        + " scales of 1.";
  }

  @Override
  public void measure(Lab lab) {
    Sequential net = network();
    HostTensor x = Sample.normal(lab.seed(), 1, samples, WIDTH);
    Map<String, HostTensor> unit = Sample.start(net, lab.seed(), networks);
    FisherTrace equal = trace(lab, net, unit, x);
    FisherTrace above = trace(lab, net, scaled(lab.seed(), unit, 1, 1), x);
    FisherTrace free = trace(lab, net, scaled(lab.seed(), unit, 0, 1), x);
    for (int block = 1; block <= DEPTH; block++) {
      String weight = block + ".1.weight";
      String bias = block + ".1.bias"; // its gradient is eta
      double trace = equal.of(weight).value()[0];
      double bound = WIDTH * equal.of(bias).value()[0];
      String row = "scales of 1, block " + block;
      lab.compare(row, "d E||eta||^2 = tr F_K", trace, bound, Tolerance.relative(1e-8, trace));
      int violations = violations(above, weight, bias);
      row = "violations with scales above 1, block " + block;
      lab.compare(row, "d E||eta||^2 <= tr F_K", 0, violations, Tolerance.absolute(0));
      lab.report(
          "violations with scales in [0, 1], block " + block, violations(free, weight, bias));
    }
  }

  private int violations(FisherTrace f, String weight, String bias) {
    int count = 0;
    for (int m = 0; m < networks; m++) {
      for (int n = 0; n < samples; n++) {
        double eta = f.parts().get(bias)[m][n];
        count += WIDTH * eta <= f.parts().get(weight)[m][n] * (1 + 1e-6) ? 0 : 1;
      }
    }
    return count;
  }

  private static FisherTrace trace(
      Lab lab, Sequential net, Map<String, HostTensor> params, HostTensor x) {
    try (Models networks = Models.of(lab.device(), net, params)) {
      return FisherTrace.of(networks, x);
    }
  }

  /** Returns the parameters with scales drawn from [low, low + span). */
  private static Map<String, HostTensor> scaled(
      long seed, Map<String, HostTensor> params, double low, double span) {
    Map<String, HostTensor> out = new LinkedHashMap<>(params);
    Draws d = new Draws(seed, 7, (int) low);
    out.replaceAll(
        (name, t) -> {
          double[] values = t.doubles().clone();
          for (int i = 0; i < values.length && name.endsWith("scale"); i++) {
            values[i] = d.uniform(low, low + span);
          }
          return HostTensor.of(t.shape(), values);
        });
    return out;
  }

  /** Returns the network; its layer norm has a tiny epsilon, since epsilon shortens the outputs. */
  private static Sequential network() {
    LayerNorm norm = new LayerNorm(1e-12, LayerNorm.Affine.RESTRICTED);
    List<Layer> layers = new ArrayList<>(List.of(new Dense(WIDTH)));
    for (int i = 0; i < DEPTH; i++) {
      layers.add(new MlpBlock(16, Activation.RELU, norm, MlpBlock.Zeroth.NONE, 0));
    }
    layers.add(new Dense(CLASSES));
    return new Sequential(Shape.of(WIDTH), layers);
  }
}
