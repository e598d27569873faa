// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.diff.Enclosure;
import org.rigor.exec.CompileOptions;
import org.rigor.exec.Device;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Coordinates;
import org.rigor.threat.Scale;
import org.rigor.threat.Threat;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Confirmation of adversarial points, on the device where the proposing run left them: the point is
 * moved into the exact ball and box; then the network with the stored parameters must misclassify
 * it in real arithmetic, shown by an enclosure in double, or give NaN logits there; where the
 * network is too deep for enclosures, it must misclassify it clearly in double.
 */
final class WitnessCheck implements AutoCloseable {
  /** Most samples of a batch; a batch costs some hundred launches regardless of its size. */
  private static final int MOST_SAMPLES = 1 << 14;

  /** Width of an enclosure, as a share of the largest logit, beyond which it says nothing. */
  private static final double COARSE = 0x1p-24;

  /**
   * Margin, as such a share, that counts without an enclosure: 2^32 units of the last place, which
   * roundings reach only where far larger numbers cancel.
   */
  private static final double CLEAR = 0x1p-20;

  private final CurveAttack attack;
  private final Network network;
  private final int models;
  private final int samples;
  private final int batch;
  private final Workspace space;
  private final Checking enclosing;

  /** Without enclosures; null until networks are found too deep for them. */
  private Checking plain;

  /** Whether the networks loaded last are too deep to enclose. */
  private boolean deep;

  /** A compiled check. */
  private record Checking(Workspace.Cut program, BatchQueue batches) {}

  /**
   * Margins at points, [M, N].
   *
   * @param lower lower sides in real arithmetic
   * @param computed in double
   * @param size largest magnitude of a logit
   * @param distance from the sample; NaN if the point has no place in the ball
   */
  record Result(double[] lower, double[] computed, double[] size, double[] distance) {
    static final List<String> NAMES = List.of("margin", "computed", "size", "distance");

    static Result of(Map<String, HostTensor> found) {
      return new Result(
          found.get("margin").doubles(),
          found.get("computed").doubles(),
          found.get("size").doubles(),
          found.get("distance").doubles());
    }

    /** Returns whether an enclosure is wider than the logits are large. */
    private boolean hopeless(int i) {
      return Double.isFinite(computed[i]) && !(computed[i] - lower[i] <= size[i]);
    }

    /** Returns whether a point counts: its margin is certainly positive, or NaN, or clear. */
    boolean holds(int i) {
      return (lower[i] > 0 || undefined(i) || measured(i)) && !Double.isNaN(distance[i]);
    }

    /**
     * Returns whether a point counts although its enclosure says nothing. In deep networks the
     * enclosure's width grows with each layer, far beyond the errors of double: where it is coarser
     * than float32, a margin counts that is far above such errors. Nothing is proved by it.
     */
    boolean measured(int i) {
      boolean coarse = !(computed[i] - lower[i] <= COARSE * size[i]);
      return !(lower[i] > 0) && coarse && computed[i] > CLEAR * size[i];
    }

    /** Returns whether a margin is NaN, so that the network names no class. */
    boolean undefined(int i) {
      return Double.isNaN(computed[i]);
    }
  }

  /**
   * Margins at the samples themselves.
   *
   * @param logits there in double, [M, N, K], for the choice of targets; empty for other losses
   */
  record Clean(Result at, Optional<double[]> logits) {}

  /** Compiles the check of what a queue of {@link AttackWork} holds. */
  WitnessCheck(Device device, Network network, CurveAttack attack, SlotQueue proposed) {
    this.attack = attack;
    this.network = network;
    Shape survived = proposed.result("survived").type().shape();
    this.models = survived.models();
    this.samples = survived.dim(1);
    this.space = new Workspace(device, "witness");
    try {
      space.share("x", proposed.field(AttackWork.X));
      space.share("label", proposed.field(AttackWork.LABEL));
      space.share("start", proposed.field(AttackWork.START));
      space.share("survived", proposed.result("survived"));
      space.share("witness", proposed.result("witness"));
      attack.threat().scale().ifPresent(s -> space.put(Scale.NAME, s.buffer(network.input())));
      double[] radii = attack.epsilons().stream().mapToDouble(e -> e).toArray();
      space.put("radii", HostTensor.of(Shape.of(1, radii.length), radii));
      for (Parameter p : network.parameters()) {
        space.declare("param/" + p.name(), new TensorType(DType.F64, p.shape().insert(0, models)));
      }
      this.batch = Batches.fit(n -> program(n, true), Math.min(MOST_SAMPLES, samples));
      this.enclosing = checking(true);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /** Takes the parameters of the models, upcast exactly. */
  void load(Models networks) {
    networks.load(space::get);
    enclosing.program().prepare();
    deep = false;
  }

  private Checking checking(boolean encloses) {
    Workspace.Cut cut =
        space.cut(
            program(batch, encloses), CompileOptions.UNFUSED, name -> !name.startsWith("param/"));
    BatchQueue queue = new BatchQueue(batch, cut.each());
    int[] items = IntStream.range(0, samples).toArray();
    queue.put("item", HostTensor.of(Shape.of(1, samples), items));
    return new Checking(cut, queue);
  }

  /**
   * Checks the samples themselves. Where the enclosures of the first batch say nothing, later ones
   * go without: what counts as confirmed stays the same.
   */
  Clean clean(Pool pool) {
    List<String> results = new ArrayList<>(Result.NAMES);
    if (attack.loss().targeted()) {
      results.add("logits");
    }
    boolean probes = samples > batch && !deep;
    Pool first = probes ? pool.where(i -> i % samples < batch) : pool;
    Map<String, HostTensor> found = run(true, first, results);
    if (probes) {
      Result some = Result.of(found);
      deep = !first.isEmpty() && Arrays.stream(first.each()).allMatch(some::hopeless);
      if (deep) {
        plain = plain == null ? checking(false) : plain;
        plain.program().prepare();
      }
      Map<String, HostTensor> rest = run(true, pool.where(i -> i % samples >= batch), results);
      found.replaceAll((name, v) -> added(v, rest.get(name)));
    }
    return new Clean(
        Result.of(found), Optional.ofNullable(found.get("logits")).map(HostTensor::doubles));
  }

  /** Returns the sum of results of different items, 0 at those of others. */
  private static HostTensor added(HostTensor a, HostTensor b) {
    double[] x = a.doubles();
    double[] y = b.doubles();
    return HostTensor.of(
        a.shape(), IntStream.range(0, x.length).mapToDouble(i -> x[i] + y[i]).toArray());
  }

  /** Checks the points at which samples fell. */
  Result fallen(Pool pool) {
    return Result.of(run(false, pool, Result.NAMES));
  }

  private Map<String, HostTensor> run(boolean clean, Pool pool, List<String> results) {
    Checking own = deep ? plain : enclosing;
    HostTensor flag = HostTensor.of(Shape.of(1, 1), new int[] {clean ? 1 : 0});
    own.program().each().input("clean").write(flag);
    return own.batches().run(pool, results);
  }

  private Program program(int batch, boolean encloses) {
    Program.Builder b = Program.builder(encloses ? "witness" : "witness-computed");
    Map<String, Value> p = network.declare(b, "param/", models, DType.F64);
    Shape shape = network.input().insert(0, batch).insert(0, models);
    Value item = b.input("item", new TensorType(DType.I32, Shape.of(1, batch)));
    Value sample = F.cast(F.gather(shared(b, "x"), item), DType.F64);
    Value level = F.gather(shared(b, "survived"), item);
    Value fell = fell(b, level, F.gather(shared(b, "start"), item));
    Value found = F.cast(F.gather(shared(b, "witness"), item), DType.F64);
    Value radius = AttackState.rows(F.gather(shared(b, "radii"), level), sample);
    Threat.Confined moved =
        Coordinates.of(attack.threat(), b, network.input()).confine(found, sample, radius);
    Value x = F.select(AttackState.rows(fell, sample), moved.point(), F.broadcast(sample, shape));
    Value oneHot = F.oneHot(F.gather(shared(b, "label"), item), network.outputs(), DType.F64);
    Value logits = network.apply(p, x);
    Value margin = Loss.margin(logits, oneHot);
    b.output(
        "margin",
        encloses
            ? Enclosure.of(margin, x, Interval.point(x)).lower()
            : F.constant(margin, Double.NaN));
    b.output("computed", margin);
    b.output("size", F.max(F.abs(logits), -1));
    b.output("distance", F.select(fell, moved.distance(), F.constant(moved.distance(), 0)));
    b.output("logits", logits);
    return b.build();
  }

  private Value shared(Program.Builder b, String name) {
    return b.input(name, space.get(name).type());
  }

  /** Returns where a sample of a batch fell in the last run to a point that is checked. */
  private Value fell(Program.Builder b, Value level, Value start) {
    Value clean = b.input("clean", new TensorType(DType.I32, Shape.of(1, 1)));
    Value levels = F.constant(level, attack.epsilons().size());
    Value attacked = F.and(F.lt(start, levels), F.lt(level, levels));
    return F.and(attacked, F.eq(clean, F.constant(clean, 0)));
  }

  @Override
  public void close() {
    space.close();
  }
}
