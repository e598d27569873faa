// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Enclosure;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
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
import org.rigor.threat.Sparse;
import org.rigor.threat.Threat;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * Confirmation of misclassified points on the rays from samples through proposed points, moved into
 * the box: there the network with the stored parameters must misclassify in real arithmetic, shown
 * by an enclosure in double, or give NaN logits.
 */
final class RayCheck implements AutoCloseable {
  private static final int MOST_SAMPLES = 1 << 12;

  /** How far beyond a proposed point one is looked for that rounding does not decide. */
  private static final double[] BEYOND = {1, 1 + 0x1p-20, 1 + 0x1p-16, 1 + 0x1p-12, 1 + 0x1p-8};

  /** Halvings of the ray before the point; its {@link #WINDOW} first. */
  private static final int HALVINGS = 12;

  /** Where on the ray bisection begins if the point there is not misclassified, else at 0. */
  private static final double WINDOW = 0.9375;

  private final Network network;
  private final Threat threat;
  private final int models;
  private final int samples;
  private final HostTensor x;
  private final Workspace space;
  private final BatchQueue batches;

  /** Margins at the samples themselves, and logits there, [M, N, K]. */
  record Clean(WitnessCheck.Result at, double[] logits) {}

  RayCheck(Device device, Models networks, Threat threat, HostTensor x, HostTensor labels) {
    this.network = networks.network();
    threat.requirePlain("the distance of points");
    this.threat = threat;
    this.models = networks.count();
    this.samples = labels.shape().dim(0);
    this.x = x.toDouble();
    this.space = new Workspace(device, "ray");
    try {
      int batch = Batches.fit(this::program, Math.min(MOST_SAMPLES, samples));
      Executable check = space.compile(program(batch), Passes.MEASURE, CompileOptions.UNFUSED);
      networks.load(check::input);
      this.batches = new BatchQueue(batch, check);
      batches.put("x0", this.x.reshape(x.shape().insert(0, 1)));
      batches.put("label", labels.reshape(labels.shape().insert(0, 1)));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private Program program(int batch) {
    Program.Builder b = Program.builder("ray");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, models);
    Value x0 = b.input("x0", new TensorType(DType.F64, shape.with(0, 1)));
    Value far = b.input("x", new TensorType(DType.F64, shape));
    Value t = b.input("t", new TensorType(DType.F64, Shape.of(models, batch)));
    Value whole = AttackState.rows(t, far);
    Value on = F.add(x0, F.mul(F.sub(far, x0), whole));
    // The point as proposed has no rounding of its own.
    Value at = F.select(F.eq(whole, F.constant(whole, 1)), far, on);
    Value clean = F.eq(whole, F.constant(whole, 0));
    Threat.Confined moved =
        threat.confine(
            F.select(clean, F.broadcast(x0, shape), at),
            x0,
            AttackState.rows(F.fill(DType.F64, Shape.of(1, 1), Double.MAX_VALUE), far));
    Value point = moved.point();
    Value y = b.input("label", new TensorType(DType.I32, Shape.of(1, batch)));
    Value logits = network.apply(p, point);
    Value margin = Loss.margin(logits, F.oneHot(y, network.outputs(), DType.F64));
    b.output("margin", Enclosure.of(margin, point, Interval.point(point)).lower());
    b.output("computed", margin);
    b.output("size", F.max(F.abs(logits), -1));
    b.output("distance", moved.distance());
    b.output("point", point);
    b.output("logits", logits);
    return b.build();
  }

  /** Checks the samples themselves. */
  Clean clean() {
    Shape all = network.input().insert(0, samples).insert(0, models);
    double[] none = new double[Math.toIntExact(all.size())];
    batches.put("x", HostTensor.of(all, none));
    Map<String, HostTensor> found =
        at(Pool.all(models, samples), new double[models * samples], "logits");
    return new Clean(WitnessCheck.Result.of(found), found.get("logits").doubles());
  }

  /** Checks points of the box, [M, N, features...]. */
  WitnessCheck.Result points(Pool pool, HostTensor points) {
    batches.put("x", points);
    double[] whole = new double[models * samples];
    Arrays.fill(whole, 1);
    return WitnessCheck.Result.of(at(pool, whole));
  }

  private Map<String, HostTensor> at(Pool pool, double[] t, String... also) {
    batches.put("t", HostTensor.of(Shape.of(models, samples), t.clone()));
    List<String> names = new ArrayList<>(WitnessCheck.Result.NAMES);
    names.addAll(Arrays.asList(also));
    return batches.run(pool, names);
  }

  /**
   * Confirms proposed points, moves them towards their samples as far as they stay misclassified,
   * and keeps those within a radius.
   */
  void refine(Pool open, NearestRun.Found proposed, double most, Distances found) {
    batches.put("x", proposed.points());
    double[] high = new double[models * samples];
    Pool met = open.where(i -> !Double.isInfinite(proposed.value().get(i)));
    Pool waits = met;
    for (double beyond : BEYOND) {
      fill(waits, high, beyond);
      asked(waits, found);
      WitnessCheck.Result r = WitnessCheck.Result.of(at(waits, high));
      waits = waits.where(i -> !r.holds(i));
    }
    boolean[] lost = new boolean[high.length];
    for (int i : waits.each()) {
      lost[i] = true;
      found.ambiguous()[i / samples]++;
    }
    Pool kept = met.where(i -> !lost[i]);
    double[] low = new double[high.length];
    double[] middle = new double[high.length];
    int halvings = threat.norm() == Sparse.L0 ? -1 : HALVINGS; // no point of a ray is nearer
    for (int h = 0; h <= halvings; h++) {
      for (int i : kept.each()) {
        middle[i] = h == 0 ? WINDOW * high[i] : (low[i] + high[i]) / 2;
      }
      asked(kept, found);
      WitnessCheck.Result r = WitnessCheck.Result.of(at(kept, middle));
      for (int i : kept.each()) {
        (r.holds(i) ? high : low)[i] = middle[i];
      }
    }
    Map<String, HostTensor> last = at(kept, high, "point");
    WitnessCheck.Result r = WitnessCheck.Result.of(last);
    int width = Math.toIntExact(network.input().size());
    for (int i : kept.each()) {
      double far = r.distance()[i];
      if (far <= most) {
        double[] point = new double[width];
        last.get("point").copy(i * width, width, point, 0);
        double gap = halvings < 0 ? 0 : far * (1 - low[i] / high[i]);
        int start = (int) proposed.start().get(i);
        found.keep(i / samples, i % samples, point, far, gap, start, r.undefined(i), r.measured(i));
      }
    }
  }

  private void asked(Pool looked, Distances found) {
    for (int i : looked.each()) {
      found.asked(i / samples, i % samples, DistanceFinder.CHECK);
    }
  }

  private static void fill(Pool pool, double[] values, double value) {
    for (int i : pool.each()) {
      values[i] = value;
    }
  }

  @Override
  public void close() {
    space.close();
  }
}
