// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.adr;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Activation;
import org.rigor.nn.Loss;
import org.rigor.nn.Sequential;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.run.theory.Calculation;
import org.rigor.run.theory.Lab;
import org.rigor.run.theory.Law;
import org.rigor.run.theory.Tolerance;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.train.Averaging;
import org.rigor.train.Awp;
import org.rigor.train.PgdTraining;
import org.rigor.train.Trainer;

/**
 * Adversarial weight perturbation: every tensor moves by the radius times its own length, the loss
 * rises, and the weights keep every bit except for the optimiser's step.
 */
@Doc("Adversarial weight perturbation has its length, and leaves the weights bit for bit.")
public record WeightPerturbation(
    @Doc("Norm of a tensor's perturbation over that of the tensor.")
        @Default("0.01")
        @Range(min = 0, max = 1, minOpen = true)
        double radius)
    implements Law {
  private static final int SAMPLES = 30;

  @Override
  public String id() {
    return "adr/B11";
  }

  @Override
  public String source() {
    return "Wu et al. 2020 (gamma); Wu et al. 2024 (rho)";
  }

  @Override
  public String says() {
    return "||v_l|| = radius ||w_l|| for every tensor, and w is restored bit for bit.";
  }

  @Override
  public void measure(Lab lab) {
    Sequential net = Sequential.mlp(Shape.of(8), List.of(16, 12), Activation.RELU, 4);
    Map<String, HostTensor> params = net.initial(List.of(TrialKey.of(lab.seed(), "law")));
    params.replaceAll((name, v) -> v.toDouble());
    double[] x = new double[SAMPLES * 8];
    int[] y = new int[SAMPLES];
    Draws d = new Draws(lab.seed(), 11, 0);
    for (int i = 0; i < x.length; i++) {
      x[i] = d.normal();
    }
    for (int i = 0; i < SAMPLES; i++) {
      y[i] = d.below(4);
    }
    HostTensor inputs = HostTensor.of(Shape.of(SAMPLES, 8), x);
    HostTensor labels = HostTensor.of(Shape.of(SAMPLES), y);
    lengths(lab, net, params, inputs, labels);
    for (Awp awp : Awp.values()) {
      int changed = 0;
      try (Trainer t =
          new Trainer(
              lab.device(),
              Runs.setup(
                  net,
                  SAMPLES,
                  new PgdTraining(Norm.LINF, 2, true),
                  Averaging.NONE,
                  Optional.of(awp)),
              // The step is far below the last bit of any weight.
              List.of(Runs.model(lab.seed(), 5, 1e-300, 0.1, Map.of("awp-radius", radius))),
              inputs,
              labels)) {
        Map<String, HostTensor> before = t.parameters();
        IntStream.range(0, 5).forEach(e -> t.epoch());
        for (Map.Entry<String, HostTensor> e : t.parameters().entrySet()) {
          changed += e.getValue().bitEquals(before.get(e.getKey())) ? 0 : 1;
        }
      }
      String row = "tensors changed by perturbing, " + awp;
      lab.compare(row, "restored", 0, changed, Tolerance.absolute(0));
    }
  }

  private void lengths(
      Lab lab, Sequential net, Map<String, HostTensor> params, HostTensor x, HostTensor y) {
    Program.Builder b = Program.builder("awp");
    Map<String, Value> w = net.declare(b, "param/", 1, DType.F64);
    Value in = b.input("x", new TensorType(DType.F64, x.shape().insert(0, 1)));
    Value label = b.input("y", new TensorType(DType.I32, y.shape().insert(0, 1)));
    Value hot = F.oneHot(label, net.outputs(), DType.F64);
    Value loss = F.mean(Loss.crossEntropy(net.apply(w, in), hot), 1);
    List<String> names = List.copyOf(w.keySet());
    List<Value> gradients = Diff.grad(loss, names.stream().map(w::get).toList());
    Map<String, Value> moved = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Value own = w.get(names.get(i));
      int[] axes = IntStream.range(1, own.shape().rank()).toArray();
      Value r = F.constant(own, radius);
      moved.put(names.get(i), Awp.perturbed(own, gradients.get(i), r));
      Value v = F.sub(moved.get(names.get(i)), own);
      b.output("ratio/" + names.get(i), F.div(F.l2Norm(v, axes), F.l2Norm(own, axes)));
    }
    b.output("rise", F.sub(F.mean(Loss.crossEntropy(net.apply(moved, in), hot), 1), loss));
    Map<String, HostTensor> feeds = new LinkedHashMap<>();
    params.forEach((name, v) -> feeds.put("param/" + name, v));
    feeds.put("x", x.reshape(x.shape().insert(0, 1)));
    feeds.put("y", y.reshape(y.shape().insert(0, 1)));
    Map<String, HostTensor> out = Calculation.run(lab.device(), b.build(), feeds);
    for (String name : names) {
      lab.compare(
          "||v|| / ||w|| of " + name,
          "the radius",
          radius,
          out.get("ratio/" + name).get(0),
          Tolerance.relative(1e-6, radius));
    }
    double rise = out.get("rise").get(0);
    lab.compare("losses that fell", "0", 0, rise > 0 ? 0 : 1, Tolerance.absolute(0));
    lab.report("rise of the loss", rise);
  }
}
