// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.diff.Kind;
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
import org.rigor.threat.Threat;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * One perturbation for all samples (Moosavi-Dezfooli et al. 2017): projected ascent from 0 on a
 * smooth count of the samples that it fools, in double. The perturbation that fools most counts,
 * each sample's point cut by the box. Samples are added in their order, so batches leave no trace.
 *
 * @param threat in linf or l2
 * @param epsilon radius, at least 0
 * @param loss without targets
 * @param steps at least 1; together they span {@link Pgd#REACH} radii
 */
public record UniversalAttack(Threat threat, double epsilon, AttackLoss loss, int steps) {
  /** Name for users. */
  public static final String NAME = "universal";

  public UniversalAttack {
    threat.requireNorm();
    threat.requirePlain("a universal perturbation");
    if (!(epsilon >= 0) || Double.isInfinite(epsilon) || steps < 1 || loss.targeted()) {
      throw new IllegalArgumentException(
          "universal: needs epsilon >= 0, steps >= 1 and a loss without targets, got %s, %d and %s"
              .formatted(epsilon, steps, loss));
    }
  }

  /**
   * What was found.
   *
   * @param delta the perturbation, features flat
   * @param curve of the one radius: which samples it fools, confirmed in real arithmetic
   */
  public record Found(double[] delta, CurveResult curve) {}

  /**
   * Seeks the perturbation.
   *
   * @param model one network
   * @param x [N, features...], inside the box
   * @param labels I32 [N]
   */
  public Found run(Models model, HostTensor x, HostTensor labels) {
    if (model.count() != 1) {
      throw new IllegalArgumentException("universal: needs one network, got " + model.count());
    }
    threat.requireInside(x);
    int samples = labels.shape().dim(0);
    int features = Math.toIntExact(model.network().input().size());
    double[] delta = new double[features];
    double[] best = delta;
    long most = -1;
    double wide = 1;
    boolean[] open = new boolean[samples];
    int batch = Batches.fit(n -> program(model.network(), n), samples);
    try (Executable e = Workspace.alone(model.device(), program(model.network(), batch))) {
      model.load(e::input);
      BatchQueue batches = new BatchQueue(batch, e);
      batches.put("x0", x.toDouble().reshape(x.shape().insert(0, 1)));
      batches.put("label", labels.reshape(labels.shape().insert(0, 1)));
      Shape one = model.network().input().insert(0, 1).insert(0, 1);
      for (int s = 0; s <= steps; s++) {
        e.input("delta").write(HostTensor.of(one, delta.clone()));
        Map<String, HostTensor> at =
            batches.run(Pool.all(1, samples), List.of("margin", "gradient"));
        double[] margin = at.get("margin").doubles();
        long fooled = Arrays.stream(margin).filter(m -> !(m <= 0)).count();
        if (fooled > most) {
          most = fooled;
          best = delta.clone();
        }
        if (s == 0) {
          wide = median(margin);
          for (int n = 0; n < samples; n++) {
            open[n] = margin[n] <= 0;
          }
        }
        double[] gradients = at.get("gradient").doubles();
        delta = ascend(delta, sum(gradients, margin, open, wide, features));
      }
    }
    return new Found(best, judge(model, best, x, labels));
  }

  /**
   * Adds the gradients of samples, those near the boundary most: weights are slopes of the logistic
   * function, so that its sum, a smooth count of fooled samples, rises.
   *
   * @param open which samples are classified as labelled without a perturbation
   * @param wide margin over which the logistic function rises
   */
  private static double[] sum(
      double[] gradients, double[] margin, boolean[] open, double wide, int features) {
    double[] sum = new double[features];
    for (int n = 0; n < margin.length; n++) {
      double share = 1 / (1 + Math.exp(-margin[n] / wide));
      double weight = share * (1 - share);
      for (int i = 0; i < features && open[n] && weight > 0; i++) {
        double g = gradients[n * features + i];
        sum[i] += Double.isNaN(g) ? 0 : weight * g;
      }
    }
    return sum;
  }

  /** Returns the median size of margins of samples that are classified as labelled; 1 for none. */
  private static double median(double[] margin) {
    double[] sizes = Arrays.stream(margin).filter(m -> m < 0).map(m -> -m).sorted().toArray();
    return sizes.length == 0 ? 1 : sizes[sizes.length / 2];
  }

  /** Steps along the steepest direction, and back into the ball. */
  private double[] ascend(double[] delta, double[] gradient) {
    double length = Pgd.REACH / steps * epsilon;
    boolean linf = threat.norm() == Norm.LINF;
    double size = linf ? 1 : length(gradient);
    double[] moved = new double[delta.length];
    for (int i = 0; i < moved.length; i++) {
      double way = linf ? Math.signum(gradient[i]) : size > 0 ? gradient[i] / size : 0;
      moved[i] = delta[i] + length * way;
    }
    double far = linf ? 0 : length(moved);
    for (int i = 0; i < moved.length; i++) {
      moved[i] =
          linf
              ? Math.max(-epsilon, Math.min(epsilon, moved[i]))
              : far > epsilon ? moved[i] * (epsilon / far) : moved[i];
    }
    return moved;
  }

  private static double length(double[] v) {
    double largest = Arrays.stream(v).map(Math::abs).max().orElse(0);
    return largest > 0
        ? largest * Math.sqrt(Arrays.stream(v).map(e -> (e / largest) * (e / largest)).sum())
        : 0;
  }

  private CurveResult judge(Models model, double[] delta, HostTensor x, HostTensor labels) {
    int samples = labels.shape().dim(0);
    int features = delta.length;
    double[] points = x.toDouble().doubles().clone();
    double[] distance = new double[samples];
    for (int n = 0; n < samples; n++) {
      for (int i = 0; i < features; i++) {
        points[n * features + i] += delta[i];
      }
      distance[n] = threat.confine(points, n * features, x, n * features, features, epsilon);
    }
    int[] survived = new int[samples];
    double[][] witness = new double[samples][];
    boolean[] undefined = new boolean[samples];
    int ambiguous = 0;
    Shape all = model.network().input().insert(0, samples).insert(0, 1);
    try (RayCheck check = new RayCheck(model.device(), model, threat, x, labels)) {
      WitnessCheck.Result clean = check.clean().at();
      WitnessCheck.Result found =
          check.points(Pool.all(1, samples), HostTensor.of(all, points.clone()));
      for (int n = 0; n < samples; n++) {
        boolean wrong = clean.holds(n);
        survived[n] = wrong || found.holds(n) ? 0 : 1;
        ambiguous += survived[n] == 1 && found.computed()[n] > 0 ? 1 : 0;
        undefined[n] = wrong ? clean.undefined(n) : survived[n] == 0 && found.undefined(n);
        if (wrong) {
          x.toDouble().copy(n * features, features, points, n * features);
        }
        distance[n] = wrong ? 0 : survived[n] == 0 ? distance[n] : Double.NaN;
        witness[n] =
            survived[n] == 0 ? Arrays.copyOfRange(points, n * features, (n + 1) * features) : null;
      }
    }
    boolean any = IntStream.range(0, samples).anyMatch(n -> undefined[n]);
    int[] moves = new int[samples];
    Arrays.setAll(moves, n -> distance[n] > 0 ? steps : 0);
    return new CurveResult(
        new int[][] {survived},
        new double[][][] {witness},
        new double[][] {distance},
        new int[][] {moves},
        new int[][] {new int[samples]},
        new int[] {ambiguous},
        new boolean[][] {undefined},
        List.of(any ? Kind.BOUND : model.network().kindOfSides()));
  }

  private Program program(Network network, int batch) {
    Program.Builder b = Program.builder("universal");
    Map<String, Value> params = network.declare(b, "param/", 1, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, 1);
    Value x0 = b.input("x0", new TensorType(DType.F64, shape));
    Value delta = b.input("delta", new TensorType(DType.F64, shape.with(1, 1)));
    Value x = threat.cut(F.add(x0, delta));
    Value label = b.input("label", new TensorType(DType.I32, Shape.of(1, batch)));
    Value own = F.oneHot(label, network.outputs(), DType.F64);
    Value logits = network.apply(params, x);
    Value gradient = Diff.grad(loss.of(logits, own), x);
    b.output("margin", Loss.margin(logits, own));
    b.output("gradient", threat.free(x, gradient));
    return b.build();
  }
}
