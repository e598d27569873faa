// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * The proposing run of an attack that {@link Attack#minimises}: rows take all steps of all starts
 * together and keep the nearest misclassified iterate.
 */
final class NearestRun {
  private static final String STARTED = "count/start";

  /** Most rows at once on a CPU, so that they stay in its cache. */
  private static final int ROWS = 128;

  private final CurveAttack attack;
  private final Network network;
  private final int models;
  private final int batch;
  private final Lockstep rows;

  private NearestRun(CurveAttack attack, Network network, int models, int batch) {
    this.attack = attack;
    this.network = network;
    this.models = models;
    this.batch = batch;
    Shape points = network.input().insert(0, batch).insert(0, models);
    this.rows = new Lockstep(attack.attack(), new TensorType(attack.dtype(), points));
  }

  /**
   * What rows met.
   *
   * @param points nearest misclassified iterates, [M, N, features...]
   * @param value minus the distance of the nearest, [M, N, 1], in the type of the attack; infinite
   *     without one
   * @param start at which it was met, [M, N]
   */
  record Found(HostTensor points, HostTensor value, HostTensor start) {}

  /**
   * Runs the attack on the samples of a pool.
   *
   * @param logits at the clean points in double, [M, N, K]
   */
  static Found run(
      Device device,
      Models networks,
      CurveAttack attack,
      List<TrialKey> keys,
      HostTensor x,
      HostTensor labels,
      double[] logits,
      Pool pool) {
    Network network = networks.network();
    int models = keys.size();
    int samples = pool.size();
    int fit = Batches.fit(n -> new NearestRun(attack, network, models, n).visit(), samples);
    int batch = device.info().gpu() ? fit : Math.min(ROWS, fit);
    NearestRun run = new NearestRun(attack, network, models, batch);
    try (Workspace space = new Workspace(device, "nearest")) {
      space.put("key", TrialKey.tensor(keys));
      Sequence all =
          space.loop(
              attack.starts(),
              Sequence.run(space.link(space.declare(run.begin()), Passes.ATTACK)),
              // One more visit than steps: each scores the point that the one before reached.
              Sequence.repeat(
                  attack.attack().steps() + 1,
                  Sequence.run(space.link(space.declare(run.visit()), Passes.ATTACK))));
      networks.load(space::get);
      Runnable restarted =
          () -> {
            run.rows.rewind(space);
            space.put(STARTED, HostTensor.of(Shape.of(1, 1), new int[1]));
            all.run();
          };
      BatchQueue queue = new BatchQueue(batch, space::get, space::get, restarted);
      queue.put("x0", x.reshape(x.shape().insert(0, 1)));
      queue.put("label", labels.reshape(labels.shape().insert(0, 1)));
      queue.put("ids", HostTensor.of(Shape.of(1, samples), IntStream.range(0, samples).toArray()));
      if (attack.loss().targeted()) {
        queue.put(AttackWork.TARGETS, Targets.of(attack, networks, x, labels, logits));
      }
      Map<String, HostTensor> found =
          queue.run(pool, List.of("best/x", "best/value", "best/start"));
      return new Found(found.get("best/x"), found.get("best/value"), found.get("best/start"));
    }
  }

  private Program begin() {
    Program.Builder b = Program.builder("nearest-start");
    Value started = b.input(STARTED, i32(1, 1));
    Value ids = b.input("ids", i32(1, batch));
    Problem problem =
        problem(b, NearestRun::unknown)
            .withDraws("attack", () -> new Randoms(b.input("key", i32(models, 2)), ids, started));
    rows.begin(b, problem, own -> own);
    b.state(STARTED, F.add(started, F.constant(started, 1)));
    return b.build();
  }

  private Program visit() {
    Program.Builder b = Program.builder("nearest-step");
    AttackState now = rows.now(b);
    Value x = now.kept().getOrDefault(Attack.ITERATE, now.x());
    Map<String, Value> params = network.declare(b, "param/", models, attack.dtype());
    Value own = F.oneHot(b.input("label", i32(1, batch)), network.outputs(), attack.dtype());
    Value start = F.add(b.input(STARTED, i32(1, 1)), -1);
    AttackLoss.Labels labels = new AttackLoss.Labels(own, target(b, start));
    UnaryOperator<Value> logits = at -> network.apply(params, at);
    Problem problem =
        problem(b, at -> attack.loss().of(logits.apply(at), labels))
            .withMargin(at -> Loss.margin(logits.apply(at), own));
    Value margin = Minimal.flat(problem.margin().apply(x));
    Value far = Minimal.flat(attack.threat().norm().length(F.sub(x, problem.x0())));
    // A NaN margin counts as misclassified: the network names no class.
    Value right = F.le(margin, F.constant(margin, 0));
    Value near = F.select(right, F.constant(far, Double.NEGATIVE_INFINITY), F.neg(far));
    Value value = F.reshape(near, near.shape().insert(2, 1));
    Value better = Minimal.flat(rows.visit(b, problem, new AttackState(x, now.kept()), value));
    Value met = b.input("best/start", i32(models, batch));
    b.state("best/start", F.select(better, F.broadcast(start, met.shape()), met));
    return b.build();
  }

  /** Returns the classes that a start aims at, one-hot. */
  private Optional<Value> target(Program.Builder b, Value start) {
    if (!attack.loss().targeted()) {
      return Optional.empty();
    }
    int starts = attack.starts();
    Value all = b.input(AttackWork.TARGETS, i32(models, batch, starts));
    Value own = F.eq(F.iota(3, 2, starts), F.reshape(start, Shape.of(1, 1, 1)));
    Value picked = F.sum(F.select(own, all, F.constant(all, 0)), 2);
    return Optional.of(F.oneHot(Minimal.flat(picked), network.outputs(), attack.dtype()));
  }

  private Problem problem(Program.Builder b, UnaryOperator<Value> loss) {
    TensorType clean = new TensorType(attack.dtype(), rows.points().shape().with(0, 1));
    Value x0 = b.input("x0", clean);
    return Problem.of(attack.threat(), x0, F.constant(x0, Double.POSITIVE_INFINITY), loss);
  }

  private static Value unknown(Value x) {
    throw new UnsupportedOperationException("attack: a start must not ask for the loss");
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
