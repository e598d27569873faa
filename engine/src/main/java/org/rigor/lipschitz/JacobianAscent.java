// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.op.Abs;
import org.rigor.op.F;
import org.rigor.op.LeakyRelu;
import org.rigor.op.Relu;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Search for inputs with a large Jacobian, many at once. With u and v about the singular vectors of
 * the largest singular value, {@code u'Jv} is a sum over units of slope times what u and v see of
 * the unit; points climb its gradient by the slopes, the second derivative of the network. Where a
 * unit's slope jumps, a sigmoid of shrinking width stands for it, since the Jacobian is constant on
 * either side.
 *
 * <p>What comes out are points and nothing else: {@link JacobianNorms} measures there.
 */
public final class JacobianAscent {
  /** Width of the sigmoids over the root mean square of a layer, and length of a step over |x|. */
  private static final double WIDTH = 1;

  private static final double STEP = 0.3;

  /** What both end at, as a share of their start. */
  private static final double END = 0.03;

  private JacobianAscent() {}

  /**
   * Returns for each start the point on its way with the largest norm, [B, features...].
   *
   * @param network one model
   * @param starts [B, features...], the first directions drawn from {@code seed}
   * @param steps at least 1
   * @throws IllegalArgumentException if there are several models
   */
  public static HostTensor climb(Models network, HostTensor starts, int steps, long seed) {
    if (network.count() != 1) {
      throw new IllegalArgumentException(
          "jacobian ascent: points climb on one model, got " + network.count());
    }
    int batch = starts.shape().dim(0);
    int features = Math.toIntExact(starts.shape().size() / batch);
    Shape shape = starts.shape().insert(0, 1);
    double[] x = starts.toDouble().doubles().clone();
    double[] v = new double[x.length];
    java.util.Random random = new java.util.Random(seed);
    for (int i = 0; i < v.length; i++) {
      v[i] = random.nextGaussian();
    }
    double[] best = x.clone();
    double[] most = new double[batch];
    try (Executable e = Workspace.alone(network.device(), program(network.network(), shape))) {
      network.load(e::input);
      for (int step = 0; step < steps; step++) {
        double left = Math.pow(END, (double) step / steps);
        e.input("x").write(HostTensor.of(shape, x));
        e.input("v").write(HostTensor.of(shape, v));
        e.input("width").write(HostTensor.of(Shape.of(1, 1), new double[] {WIDTH * left}));
        e.input("length").write(HostTensor.of(Shape.of(1, 1), new double[] {STEP * left}));
        e.run();
        double[] norm = e.output("norm").read().doubles();
        for (int n = 0; n < batch; n++) {
          if (norm[n] > most[n]) {
            most[n] = norm[n];
            System.arraycopy(x, n * features, best, n * features, features);
          }
        }
        x = e.output("x'").read().doubles().clone();
        v = e.output("v'").read().doubles().clone();
      }
    }
    return HostTensor.of(starts.shape(), best);
  }

  private static Program program(Network network, Shape shape) {
    Program.Builder b = Program.builder("jacobian-ascent");
    Value x = b.input("x", new TensorType(DType.F64, shape));
    Value v = b.input("v", new TensorType(DType.F64, shape));
    Value width = b.input("width", new TensorType(DType.F64, Shape.of(1, 1)));
    Value length = b.input("length", new TensorType(DType.F64, Shape.of(1, 1)));
    Value y = network.apply(network.declare(b, "param/", 1, DType.F64), x);
    TrueDerivative.require(y, x);
    List<Value> units = new ArrayList<>();
    for (Value z : Program.topological(List.of(y))) {
      if (!z.isInput() && z.op().derivatives().isPresent()) {
        units.add(z);
      }
    }
    List<Value> all = new ArrayList<>(List.of(y));
    units.forEach(h -> all.add(h.input(0)));
    List<Value> along = Diff.jvp(all, List.of(x), List.of(unit(v)));
    Value u = F.detach(unit(along.get(0)));
    Value back = Diff.vjp(y, u, List.of(x)).get(0);
    Value objective = null;
    for (int i = 0; i < units.size(); i++) {
      Value above = Diff.vjp(y, u, List.of(units.get(i))).get(0);
      Value seen = F.detach(F.mul(along.get(i + 1), above));
      Value part = perSample(F.mul(seen, slope(units.get(i), width)));
      objective = objective == null ? part : F.add(objective, part);
    }
    b.output("norm", F.reshape(length(back), Shape.of(1, shape.dim(1))));
    b.output("v'", unit(back));
    Value way = objective == null ? F.constant(x, 0) : unit(Diff.grad(objective, x));
    Value far = F.mul(F.reshape(length, ones(x)), length(x));
    b.output("x'", F.add(x, F.mul(far, way)));
    return b.build();
  }

  /** Returns a unit's slope as a function of its operand. */
  private static Value slope(Value h, Value width) {
    Value z = h.input(0);
    if (!(h.op() instanceof Relu || h.op() instanceof LeakyRelu || h.op() instanceof Abs)) {
      return Diff.jvp(List.of(h), List.of(z), List.of(F.constant(z, 1))).get(0);
    }
    Range r = h.op().derivatives().orElseThrow();
    long count = z.shape().size() / z.shape().dim(0) / z.shape().dim(1);
    Value root = F.sqrt(F.add(F.mul(perSample(F.square(z)), 1.0 / count), Double.MIN_NORMAL));
    Value wide = F.detach(F.mul(F.reshape(width, ones(z)), F.reshape(root, lead(z))));
    Value share = F.sigmoid(F.div(z, wide));
    boolean falls = h.op() instanceof LeakyRelu l && l.slope() > 1;
    double below = falls ? r.most() : r.least();
    double above = falls ? r.least() : r.most();
    return F.add(F.mul(share, above - below), below);
  }

  private static Value perSample(Value v) {
    int[] axes = IntStream.range(2, v.shape().rank()).toArray();
    return F.reshape(F.sum(v, axes), Shape.of(v.shape().dim(0), v.shape().dim(1)));
  }

  /** Returns the Euclidean length of each sample, repeated over no axis: [M, B, 1, ...]. */
  private static Value length(Value v) {
    return F.reshape(F.sqrt(F.add(perSample(F.square(v)), Double.MIN_NORMAL)), lead(v));
  }

  private static Value unit(Value v) {
    return F.div(v, length(v));
  }

  private static Shape lead(Value v) {
    Shape s = ones(v);
    return s.with(0, v.shape().dim(0)).with(1, v.shape().dim(1));
  }

  private static Shape ones(Value v) {
    int[] dims = new int[v.shape().rank()];
    java.util.Arrays.fill(dims, 1);
    return Shape.of(dims);
  }
}
