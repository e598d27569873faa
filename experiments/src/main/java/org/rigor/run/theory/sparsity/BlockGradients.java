// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.sparsity;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.curvature.HiddenMeter;
import org.rigor.curvature.HiddenStatistics;
import org.rigor.curvature.HiddenStatistics.Quantity;
import org.rigor.curvature.SampleGradients;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.HiddenUnits;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.Pass;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

/**
 * The gradients of a block's parameters in terms of its hidden units, with one token: the gradient
 * of K is the outer product of eta and x, that of V of dl/dz and a, that of a bias in front of K is
 * K eta. Different samples contribute no cross terms, since each has a separate gradient.
 */
@Doc("Gradients of a block's parameters, and its sparsity, by what flows through its units.")
public record BlockGradients(
    @Doc("Random inputs.") @Default("12") @Range(min = 1, max = 1000) int samples,
    @Doc("Hidden units of a block.") @Default("24") @Range(min = 2, max = 1024) int hidden)
    implements Law {
  private static final int WIDTH = 6;
  private static final int CLASSES = 4;
  private static final int DEPTH = 2;

  @Override
  public String id() {
    return "activation-sparsity/A3";
  }

  @Override
  public String source() {
    return "chain rule; Peng et al. 2023, decomposition of flatness, ratio identity, zeroth bias"
        + " (statements T2, T3, T7)";
  }

  @Override
  public String says() {
    return "||grad K||^2 = ||eta||^2 ||x||^2, ||grad V||^2 = ||dl/dz||^2 ||a||^2, ||grad D||^2 ="
        + " ||K eta||^2, and the share of active units is augmented flatness over T n c.";
  }

  @Override
  public void measure(Lab lab) {
    for (Activation a : List.of(Activation.RELU, Activation.J_SQUARED_RELU)) {
      Network net = Sample.blocks(WIDTH, hidden, DEPTH, a, CLASSES);
      Map<String, HostTensor> params = Sample.start(net, lab.seed(), 1);
      HostTensor x = Sample.normal(lab.seed(), 1, samples, WIDTH);
      HostTensor t = Sample.labels(lab.seed(), samples, CLASSES);
      Map<String, double[]> products = products(lab, net, params, x, t);
      try (SampleGradients g =
              new SampleGradients(lab.device(), net, Loss::crossEntropy, 1, samples);
          HiddenMeter meter = new HiddenMeter(lab.device(), net, Loss::crossEntropy, 1, samples);
          Models networks = Models.of(lab.device(), net, params)) {
        Map<String, double[][]> squares = g.measure(networks, x, t).squares();
        products.forEach(
            (name, wanted) -> {
              double sum = Arrays.stream(wanted).sum();
              double found = Arrays.stream(squares.get(name)[0]).sum();
              String row = "%s, squared gradient of %s".formatted(a, name);
              lab.compare(row, equation(name), sum, found, Tolerance.relative(1e-11, sum));
              double worst = 0;
              for (int n = 0; n < samples; n++) {
                worst = Math.max(worst, Math.abs(squares.get(name)[0][n] / wanted[n] - 1));
              }
              lab.report(row + ", largest relative difference of a sample", worst);
            });
        for (HiddenStatistics h : meter.measure(networks, x, t)) {
          ratio(lab, a, h);
        }
      }
      lab.checkpoint();
    }
    kink(lab);
  }

  private static String equation(String name) {
    return name.endsWith("zeroth")
        ? "T7: ||K eta||^2"
        : name.endsWith("1.weight")
            ? "T2: ||eta||^2 ||x||^2"
            : name.endsWith("3.weight") ? "T2: ||dl/dz||^2 ||a||^2" : "T2: squared cotangent";
  }

  /** Compares w with AF / (T n c); for the layer norm without affine map |x|^2 = d. */
  private static void ratio(Lab lab, Activation a, HiddenStatistics h) {
    double w = h.of(Quantity.ACTIVE, 0);
    double c = h.of(Quantity.COEFFICIENT, 0);
    double ratio = h.of(Quantity.AUGMENTED_FLATNESS, 0) / (h.tokens() * h.units() * c);
    String row = "%s, share of active units of %s".formatted(a, h.key());
    lab.compare(row, "T3: AF / (T n c)", ratio, w, Tolerance.relative(1e-11, ratio));
  }

  /** Checks the kink of J-SquaredReLU, whose derivative jumps to 1 at 0 and is 1 there. */
  private static void kink(Lab lab) {
    Program.Builder b = Program.builder("kink");
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 3)));
    b.output("slope", Diff.grad(F.sum(F.jSquaredRelu(x), 1), x));
    HostTensor at = HostTensor.of(Shape.of(1, 3), -1e-300, 0.0, 0.5);
    HostTensor slope = Calculation.run(lab.device(), b.build(), Map.of("x", at)).get("slope");
    String f = "(x + 1) 1[x >= 0]";
    lab.compare("slope of J-SquaredReLU at 0", f, 1, slope.get(1), Tolerance.absolute(0));
    lab.compare("slope of J-SquaredReLU below 0", f, 0, slope.get(0), Tolerance.absolute(0));
    lab.compare("slope of J-SquaredReLU at 1/2", f, 1.5, slope.get(2), Tolerance.absolute(0));
  }

  /** Returns the expected squared gradients of each sample, by parameter. */
  private Map<String, double[]> products(
      Lab lab, Network net, Map<String, HostTensor> params, HostTensor x, HostTensor t) {
    Program.Builder b = Program.builder("products");
    Map<String, Value> p = net.declare(b, "", 1, DType.F64);
    Value in = b.input("x", new TensorType(DType.F64, x.shape().insert(0, 1)));
    Value targets = b.input("t", new TensorType(DType.F64, t.shape().insert(0, 1)));
    Pass pass = Pass.with(Pass.Statistics.FROZEN);
    Value loss = F.sum(Loss.crossEntropy(net.apply(p, in, pass), targets), 1);
    for (HiddenUnits h : pass.hidden()) {
      Value eta = Diff.grad(loss, h.pre());
      Value delta = Diff.grad(loss, h.output());
      Value square = length(eta);
      String block = h.key().substring(0, h.key().length() - "1.weight".length());
      b.output(h.key(), F.mul(square, length(h.input())));
      b.output(block + "1.bias", square);
      b.output(h.value(), F.mul(length(delta), length(h.active())));
      b.output(block + "3.bias", length(delta));
      b.output(block + "zeroth", length(F.matmul(eta, p.get(h.key()), false, true)));
    }
    Map<String, HostTensor> inputs = new LinkedHashMap<>(params);
    inputs.put("x", x.reshape(x.shape().insert(0, 1)));
    inputs.put("t", t.reshape(t.shape().insert(0, 1)));
    Map<String, double[]> out = new LinkedHashMap<>();
    Calculation.run(lab.device(), b.build(), inputs)
        .forEach((name, v) -> out.put(name, v.doubles()));
    return out;
  }

  /** Returns squared lengths, [M, B, 1]. */
  private static Value length(Value v) {
    return F.sum(F.square(v), -1);
  }
}
