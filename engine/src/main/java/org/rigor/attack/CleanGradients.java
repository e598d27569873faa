// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
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
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * What gradients say at the clean samples, in the type of an attack: whether there is one to
 * follow, whether a step along it raises the loss, and whether the type preserves the margin. By
 * [M][N].
 *
 * @param margin largest wrong logit minus the right one
 * @param flat whether the gradient of the attack's loss is zero or NaN
 * @param saturated whether the gradient of the cross-entropy is
 * @param misled whether a step of {@link #STEP} radii along the gradient of the attack's loss, cut
 *     by the box, does not raise that loss although the gradient is not flat; nowhere if the
 *     distance is sparse, whose steps move one feature
 */
public record CleanGradients(
    double[][] margin, boolean[][] flat, boolean[][] saturated, boolean[][] misled) {
  /** Length of the step that must raise the loss, in radii. */
  public static final double STEP = 0.25;

  /** Error of a margin relative to the median margin beyond which a type has lost the logits. */
  private static final double LOST = 0.01;

  private static final List<String> RESULTS =
      List.of("margin", "steepest", "steepest-cross-entropy", "rise");

  /**
   * Measures margins and gradients.
   *
   * @param attack its loss, its threat and its largest radius count
   * @param x [N, features...]
   */
  public static CleanGradients at(Models models, CurveAttack attack, HostTensor x, int[] labels) {
    Network network = models.network();
    int rows = models.count();
    int samples = labels.length;
    int batch = Batches.fit(n -> program(network, attack, rows, n), samples);
    Program program = program(network, attack, rows, batch);
    try (Workspace space = new Workspace(models.device(), "clean gradients")) {
      Workspace.Cut cut = space.link(program, Passes.MEASURE, n -> !n.startsWith("param/"));
      models.load(space::get);
      cut.prepare();
      BatchQueue batches = new BatchQueue(batch, cut.each());
      batches.put("x", x.reshape(x.shape().insert(0, 1)));
      batches.put("y", HostTensor.of(Shape.of(1, samples), labels));
      Map<String, HostTensor> found = batches.run(Pool.all(rows, samples), RESULTS);
      double[][] margin = new double[rows][samples];
      boolean[][] flat = new boolean[rows][samples];
      boolean[][] saturated = new boolean[rows][samples];
      boolean[][] misled = new boolean[rows][samples];
      for (int m = 0; m < rows; m++) {
        for (int n = 0; n < samples; n++) {
          int i = m * samples + n;
          margin[m][n] = found.get("margin").get(i);
          flat[m][n] = !(found.get("steepest").get(i) > 0);
          saturated[m][n] = !(found.get("steepest-cross-entropy").get(i) > 0);
          misled[m][n] = !flat[m][n] && !(found.get("rise").get(i) > 0);
        }
      }
      return new CleanGradients(margin, flat, saturated, misled);
    }
  }

  private static Program program(Network network, CurveAttack attack, int models, int batch) {
    Program.Builder b = Program.builder("clean-gradients");
    Map<String, Value> p = network.declare(b, "param/", models, attack.dtype());
    Shape shape = network.input().insert(0, batch).insert(0, models);
    Value x = b.input("x", new TensorType(attack.dtype(), shape));
    Value y = b.input("y", new TensorType(DType.I32, Shape.of(models, batch)));
    Value oneHot = F.oneHot(y, network.outputs(), attack.dtype());
    Value logits = network.apply(p, x);
    Value loss = loss(attack, logits, oneHot);
    Value gradient = Diff.grad(loss, x);
    b.output("margin", Loss.margin(logits, oneHot));
    b.output("steepest", Norm.LINF.length(gradient));
    Value crossEntropy = Loss.crossEntropy(logits, oneHot);
    b.output("steepest-cross-entropy", Norm.LINF.length(Diff.grad(crossEntropy, x)));
    b.output("rise", rise(network, attack, p, x, oneHot, loss, gradient));
    return b.build();
  }

  /** Returns the loss that an attack raises; toward the likeliest class, if it is targeted. */
  private static Value loss(CurveAttack attack, Value logits, Value oneHot) {
    return attack.loss().targeted()
        ? Loss.margin(logits, oneHot)
        : attack.loss().of(logits, oneHot);
  }

  /** Returns how much a step along the gradient raises the loss; 1 if there is no such step. */
  private static Value rise(
      Network network,
      CurveAttack attack,
      Map<String, Value> p,
      Value x,
      Value oneHot,
      Value loss,
      Value gradient) {
    double epsilon = attack.epsilons().get(attack.epsilons().size() - 1);
    if (!(attack.threat().norm() instanceof Norm) || epsilon == 0) {
      return F.constant(loss, 1);
    }
    Value radius = F.constant(Norm.LINF.length(gradient), epsilon);
    Value ahead = attack.threat().step(x, x, gradient, radius, F.mul(radius, STEP));
    return F.sub(loss(attack, network.apply(p, ahead), oneHot), loss);
  }

  /** Returns the number of a model's samples without a gradient to follow. */
  public int flats(int model) {
    int count = 0;
    for (boolean f : flat[model]) {
      count += f ? 1 : 0;
    }
    return count;
  }

  /**
   * Returns whether the type rounds a model's logits so coarsely that margins are lost.
   *
   * @param exact the same margins in double
   */
  public boolean loses(int model, double[] exact) {
    double worst = 0;
    for (int n = 0; n < exact.length; n++) {
      if (Double.isFinite(exact[n])) {
        double error = Math.abs(margin[model][n] - exact[n]);
        worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(worst, error);
      }
    }
    double[] size = Arrays.stream(exact).map(Math::abs).filter(Double::isFinite).sorted().toArray();
    return size.length > 0 && worst > LOST * size[size.length / 2];
  }
}
