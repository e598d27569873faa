// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
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
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Nearest misclassified points around given ones, in double: each point goes half way to the point
 * of the linearised boundary that is nearest to the sample, again and again. Where a network is
 * linear between the two, as between kinks of ReLU, that tends to the nearest point of its boundary
 * there. What is found is confirmed as all {@link Distances} are. It keeps nothing between runs.
 */
public final class NearPoints implements AutoCloseable {
  private static final int STEPS = 32;
  private static final int ROWS = 128;

  /** Goes beyond a boundary on which rounding decides. */
  private static final double BEYOND = 1e-9;

  private final Network network;
  private final Threat threat;
  private final int models;
  private final int batch;
  private final Lockstep rows;
  private final Workspace space;
  private final BatchQueue queue;
  private final RayCheck check;

  /** A step of the walk. */
  private record Walk(int steps) implements Attack {
    @Override
    public boolean randomStart() {
      return false;
    }

    @Override
    public AttackState start(Problem p) {
      return new AttackState(p.x0(), Map.of());
    }

    @Override
    public AttackState step(Problem p, AttackState state) {
      Value x = state.x();
      Value gradient = p.gradient().apply(x);
      Value margin = Minimal.each(p.loss().apply(x), x);
      Value there = F.sum(F.mul(gradient, F.sub(p.x0(), x)), Norm.features(x));
      Value atClean = F.add(F.add(margin, there), -BEYOND);
      Value nearest = F.add(p.x0(), Plane.toZero(p.threat(), p.x0(), gradient, atClean));
      Value half = F.mul(F.add(x, nearest), 0.5);
      return new AttackState(p.threat().cut(half), Map.of());
    }
  }

  /**
   * Prepares the walk around N samples.
   *
   * @param networks must stay open while it is used
   * @param x samples [N, features...], inside the box
   * @param labels I32 [N]
   */
  public NearPoints(Models networks, Threat threat, HostTensor x, HostTensor labels) {
    this.network = networks.network();
    this.threat = threat;
    this.models = networks.count();
    int samples = labels.shape().dim(0);
    Device device = networks.device();
    this.batch = device.info().gpu() ? samples : Math.min(ROWS, samples);
    Shape points = network.input().insert(0, batch).insert(0, models);
    this.rows = new Lockstep(new Walk(STEPS), new TensorType(DType.F64, points));
    this.check = new RayCheck(device, networks, threat, x, labels);
    this.space = new Workspace(device, "near points");
    try {
      Sequence all =
          space.loop(
              1,
              Sequence.run(space.link(space.declare(begin()), Passes.ATTACK)),
              Sequence.repeat(
                  STEPS + 1, Sequence.run(space.link(space.declare(visit()), Passes.ATTACK))));
      networks.load(space::get);
      Runnable restarted =
          () -> {
            rows.rewind(space);
            all.run();
          };
      this.queue = new BatchQueue(batch, space::get, space::get, restarted);
      queue.put("x0", x.toDouble().reshape(x.shape().insert(0, 1)));
      queue.put("label", labels.reshape(labels.shape().insert(0, 1)));
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Walks from points of some samples.
   *
   * @param points [M][N] of them, features flat; null where a sample has none
   * @return distances of what was found near them; infinite where nothing was
   */
  public Distances run(double[][][] points) {
    int samples = points[0].length;
    Pool open = Pool.where(models, samples, i -> points[i / samples][i % samples] != null);
    Distances found = Distances.none(models, samples, network.kindOfSides());
    if (open.isEmpty()) {
      return found;
    }
    int width = Math.toIntExact(network.input().size());
    double[] flat = new double[models * samples * width];
    for (int i : open.each()) {
      System.arraycopy(points[i / samples][i % samples], 0, flat, i * width, width);
    }
    queue.put("from", HostTensor.of(network.input().insert(0, samples).insert(0, models), flat));
    Map<String, HostTensor> best = queue.run(open, List.of("best/x", "best/value"));
    HostTensor none = HostTensor.zeros(new TensorType(DType.I32, Shape.of(models, samples)));
    NearestRun.Found met = new NearestRun.Found(best.get("best/x"), best.get("best/value"), none);
    check.refine(open, met, Double.MAX_VALUE, found);
    return found;
  }

  private Program begin() {
    Program.Builder b = Program.builder("near-start");
    Value from = b.input("from", rows.points());
    rows.begin(b, problem(b, NearPoints::unknown), own -> from);
    return b.build();
  }

  private Program visit() {
    Program.Builder b = Program.builder("near-step");
    AttackState now = rows.now(b);
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    TensorType label = new TensorType(DType.I32, Shape.of(1, batch));
    Value own = F.oneHot(b.input("label", label), network.outputs(), DType.F64);
    Problem problem = problem(b, at -> Loss.margin(network.apply(p, at), own));
    Value margin = Minimal.flat(problem.loss().apply(now.x()));
    Value far = Minimal.flat(threat.norm().length(F.sub(now.x(), problem.x0())));
    Value right = F.le(margin, F.constant(margin, 0));
    Value near = F.select(right, F.constant(far, Double.NEGATIVE_INFINITY), F.neg(far));
    rows.visit(b, problem, now, F.reshape(near, near.shape().insert(2, 1)));
    return b.build();
  }

  private Problem problem(Program.Builder b, UnaryOperator<Value> loss) {
    TensorType clean = new TensorType(DType.F64, rows.points().shape().with(0, 1));
    Value x0 = b.input("x0", clean);
    return Problem.of(threat, x0, F.constant(x0, Double.POSITIVE_INFINITY), loss);
  }

  private static Value unknown(Value x) {
    throw new UnsupportedOperationException("attack: a start must not ask for the loss");
  }

  @Override
  public void close() {
    space.close();
    check.close();
  }
}
