// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Network;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Tolerance;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.uncertainty.Chains;
import org.rigor.uncertainty.Hmc;
import org.rigor.uncertainty.NetworkPosterior;
import org.rigor.workspace.Workspace;

/**
 * The ReLU network of {@link OffManifoldGradients}: 4 inputs, data in the plane of the first two,
 * one hidden layer, sampled by HMC. Off the plane the first-layer weights keep their prior whatever
 * the other weights; trajectories of a quarter of its period redraw them, so neighbouring states
 * count as independent there.
 */
record OffManifoldNetwork(int width, int samples, int chains, int keep) {
  private static final int D = 4;
  private static final int S = 2;

  void measure(Lab lab, String id) {
    Sequential net = Sequential.mlp(Shape.of(D), List.of(width), Activation.RELU, 1);
    Map<String, Double> priors =
        Map.of("0.weight", 1.0, "0.bias", 1.0, "2.weight", 1 / Math.sqrt(width), "2.bias", 1.0);
    NetworkPosterior target =
        OffManifoldGradients.posterior(net, samples, S, lab.seed() + 1, priors, 0.7);
    List<TrialKey> keys =
        IntStream.range(0, chains)
            .mapToObj(i -> TrialKey.of(lab.seed(), id + " chain " + i))
            .toList();
    Map<String, HostTensor> start = new LinkedHashMap<>();
    net.initial(keys).forEach((k, v) -> start.put(k, v.toDouble()));
    Hmc hmc = new Hmc(20, 0.08, 0, 0.2, true);
    Chains found = hmc.run(lab.device(), target, keys, start, 60, keep, 1);
    lab.report("ReLU, mean acceptance", Arrays.stream(found.acceptance()).average().orElseThrow());
    lab.report("ReLU, divergences", Arrays.stream(found.divergences()).sum());
    lab.checkpoint();
    statistics(lab, net, target.x(), found);
    reflection(lab, net, target, found.last());
  }

  /**
   * Compares gradients off S, divided by their deviations given the other weights, with standard
   * normal numbers.
   */
  private void statistics(Lab lab, Network net, HostTensor data, Chains found) {
    int positive = 0;
    int numbers = 0;
    int pairs = 0;
    double raw = 0;
    double squares = 0;
    double together = 0;
    try (Executable e = Workspace.alone(lab.device(), program(net))) {
      double[] at = new double[chains * D];
      for (int c = 0; c < chains; c++) {
        data.copy(0, D, at, c * D);
      }
      e.input("x").write(HostTensor.of(Shape.of(chains, 1, D), at));
      for (Map<String, HostTensor> state : found.draws()) {
        state.forEach((k, v) -> e.input("param/" + k).write(v));
        e.run();
        double[] gradient = e.output("gradient").read().doubles();
        double[] variance = e.output("active").read().doubles();
        double before = Double.NaN; // of the chain before, in the same direction
        for (int i = 0; i < chains * (D - S); i++) {
          int c = i % chains;
          double g = gradient[c * D + S + i / chains];
          double z = g / Math.sqrt(variance[c]);
          if (variance[c] > 0) {
            numbers++;
            positive += z > 0 ? 1 : 0;
            raw += g * g;
            squares += z * z;
          }
          if (c % 2 == 1 && !Double.isNaN(z + before)) {
            pairs++;
            together += (z + before) / 2 * (z + before) / 2;
          }
          before = z;
        }
      }
    }
    lab.report("ReLU, root mean square of a draw's gradient off S", Math.sqrt(raw / numbers));
    lab.compare(
        "ReLU, share of draws whose gradient off S is positive",
        "1/2, by reflection",
        0.5,
        (double) positive / numbers,
        Tolerance.errors(4, 0.5 / Math.sqrt(numbers)));
    lab.compare(
        "ReLU, squared gradient of a draw off S over its conditional mean",
        "tau^2 sum_h a_h^2 1{h active} in each direction",
        1,
        squares / numbers,
        Tolerance.errors(4, Math.sqrt(2.0 / numbers)));
    lab.compare(
        "ReLU, the same of the mean of 2 chains",
        "1/2",
        0.5,
        together / pairs,
        Tolerance.errors(4, 0.5 * Math.sqrt(2.0 / pairs)));
  }

  /**
   * Builds the gradient of the output over the input, and the sum of squared weights of active
   * units.
   */
  private Program program(Network net) {
    Program.Builder b = Program.builder("off-manifold");
    Map<String, Value> w = net.declare(b, "param/", chains, DType.F64);
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(chains, 1, D)));
    b.output("gradient", Diff.grad(net.apply(w, x), x));
    Value hidden = F.add(F.matmul(x, w.get("0.weight")), w.get("0.bias"));
    Value a = F.reshape(w.get("2.weight"), hidden.shape());
    Value zero = F.constant(a, 0);
    b.output("active", F.sum(F.select(F.gt(hidden, zero), F.square(a), zero), 2));
    return b.build();
  }

  /** Compares U and f(x + h) of the states with those of reflected states at x - h. */
  private void reflection(
      Lab lab, Network net, NetworkPosterior target, Map<String, HostTensor> state) {
    Program.Builder b = Program.builder("reflection");
    Map<String, Value> w = net.declare(b, "param/", chains, DType.F64);
    Value x = b.input("x", new TensorType(DType.F64, Shape.of(1, 1, D)));
    b.output("u", target.of(b, w));
    b.output("f", net.apply(w, x));
    double[] first = state.get("0.weight").doubles().clone(); // [chain, d, width]
    for (int i = 0; i < first.length; i++) {
      first[i] = i / width % D >= S ? -first[i] : first[i];
    }
    try (Executable e = Workspace.alone(lab.device(), b.build())) {
      target.inputs().forEach((k, v) -> e.input(k).write(v));
      state.forEach((k, v) -> e.input("param/" + k).write(v));
      e.input("x").write(HostTensor.of(Shape.of(1, 1, D), 0.3, -0.8, 0.7, 0.4));
      e.run();
      double[] u = e.output("u").read().doubles();
      double[] f = e.output("f").read().doubles();
      e.input("param/0.weight").write(HostTensor.of(Shape.of(chains, D, width), first));
      e.input("x").write(HostTensor.of(Shape.of(1, 1, D), 0.3, -0.8, -0.7, -0.4));
      e.run();
      double worst = 0;
      for (int c = 0; c < chains; c++) {
        double du = Math.abs(e.output("u").read().get(c) - u[c]) / (1 + Math.abs(u[c]));
        double df = Math.abs(e.output("f").read().get(c) - f[c]) / (1 + Math.abs(f[c]));
        worst = Math.max(worst, Math.max(du, df));
      }
      lab.compare(
          "ReLU, largest change of U and of f(x + h) under reflection to x - h",
          "0",
          0,
          worst,
          Tolerance.absolute(1e-12));
    }
  }
}
