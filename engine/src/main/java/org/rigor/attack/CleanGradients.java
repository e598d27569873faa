// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.op.F;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Diagnosis of one model's loss at the clean samples, in the type of an attack: whether there is a
 * gradient to follow, and whether the type preserves the margin.
 *
 * @param margin largest wrong logit minus the right one, [N]
 * @param flat whether the gradient of the loss is zero or NaN, [N]
 */
public record CleanGradients(double[] margin, boolean[] flat) {
  /** Error of a margin relative to the median margin beyond which a type has lost the logits. */
  private static final double LOST = 0.01;

  /**
   * Measures margins and gradients of a single model.
   *
   * @param model one
   * @param x [N, features...]
   */
  public static CleanGradients at(Models model, CurveAttack attack, HostTensor x, int[] labels) {
    Network network = model.network();
    int samples = labels.length;
    int batch = Batches.fit(n -> program(network, attack, n), samples);
    try (Executable e = Workspace.alone(model.device(), program(network, attack, batch))) {
      model.load(e::input);
      BatchQueue batches = new BatchQueue(batch, e);
      batches.put("x", x.reshape(x.shape().insert(0, 1)));
      batches.put("y", HostTensor.of(Shape.of(1, samples), labels));
      Map<String, HostTensor> found =
          batches.run(Pool.all(1, samples), List.of("margin", "steepest"));
      HostTensor steepest = found.get("steepest");
      boolean[] flat = new boolean[samples];
      for (int n = 0; n < samples; n++) {
        flat[n] = !(steepest.get(n) > 0);
      }
      double[] margin = new double[samples];
      found.get("margin").copy(0, samples, margin, 0);
      return new CleanGradients(margin, flat);
    }
  }

  private static Program program(Network network, CurveAttack attack, int batch) {
    Program.Builder b = Program.builder("clean-gradients");
    Map<String, Value> p = network.declare(b, "param/", 1, attack.dtype());
    Shape shape = network.input().insert(0, batch).insert(0, 1);
    Value x = b.input("x", new TensorType(attack.dtype(), shape));
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(1, batch)));
    Value oneHot = F.oneHot(y, network.outputs(), attack.dtype());
    Value logits = network.apply(p, x);
    Value margin = Loss.margin(logits, oneHot);
    // A margin targeted at the likeliest class is the margin.
    Value loss = attack.loss().targeted() ? margin : attack.loss().of(logits, oneHot);
    b.output("margin", margin);
    b.output("steepest", Norm.LINF.length(Diff.grad(loss, x)));
    return b.build();
  }

  /** Returns the number of samples without a gradient to follow. */
  public int flats() {
    int count = 0;
    for (boolean f : flat) {
      count += f ? 1 : 0;
    }
    return count;
  }

  /**
   * Returns whether the type rounds the logits so coarsely that margins are lost.
   *
   * @param exact the same margins in double
   */
  public boolean loses(double[] exact) {
    double worst = 0;
    for (int n = 0; n < exact.length; n++) {
      if (Double.isFinite(exact[n])) {
        double error = Math.abs(margin[n] - exact[n]);
        worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(worst, error);
      }
    }
    double[] size = Arrays.stream(exact).map(Math::abs).filter(Double::isFinite).sorted().toArray();
    return size.length > 0 && worst > LOST * size[size.length / 2];
  }
}
