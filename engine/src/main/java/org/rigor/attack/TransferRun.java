// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
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
import org.rigor.workspace.Workspace;

/**
 * Points that an attack makes on surrogates, for another network to be judged on: of each start the
 * one with the largest loss, all steps taken, whether or not a point is misclassified.
 */
final class TransferRun {
  private static final String STARTED = "count/start";

  private final CurveAttack attack;
  private final Network network;
  private final int models;
  private final int batch;
  private final Lockstep rows;

  private TransferRun(CurveAttack attack, Network network, int models, int batch) {
    this.attack = attack;
    this.network = network;
    this.models = models;
    this.batch = batch;
    Shape points = network.input().insert(0, batch).insert(0, models);
    this.rows = new Lockstep(attack.attack(), new TensorType(attack.dtype(), points));
  }

  /**
   * Makes the points at the last radius of an attack.
   *
   * @param keys one a surrogate
   * @param x [N, features...], inside the box
   * @param labels I32 [N]
   * @return points [M, N, features...] of each start
   */
  static List<HostTensor> run(
      Models surrogates, CurveAttack given, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    Network network = surrogates.network();
    CurveAttack attack = given.fit(network.outputs());
    attack.threat().requireInside(x);
    attack.threat().requirePlain("a surrogate's attack");
    Device device = surrogates.device();
    int models = keys.size();
    int samples = x.shape().dim(0);
    int batch = Batches.fit(n -> new TransferRun(attack, network, models, n).visit(), samples);
    TransferRun run = new TransferRun(attack, network, models, batch);
    Optional<HostTensor> targets = targets(surrogates, attack, x, labels);
    List<HostTensor> points = new ArrayList<>();
    try (Workspace space = new Workspace(device, "transfer")) {
      space.put("key", TrialKey.tensor(keys));
      // One more visit than steps: each scores the point that the one before reached.
      int visits = attack.attack().steps() + 1;
      Sequence all = run.rows.sequence(space, 1, visits, run.begin(), run.visit());
      surrogates.load(space::get);
      for (int s = 0; s < attack.starts(); s++) {
        HostTensor started = HostTensor.of(Shape.of(1, 1), s);
        Runnable restarted =
            () -> {
              run.rows.rewind(space);
              space.put(STARTED, started);
              all.run();
            };
        BatchQueue queue = new BatchQueue(batch, space::get, space::get, restarted);
        queue.put("x0", x.reshape(x.shape().insert(0, 1)));
        queue.put("label", labels.reshape(labels.shape().insert(0, 1)));
        queue.put(
            "ids", HostTensor.of(Shape.of(1, samples), IntStream.range(0, samples).toArray()));
        targets.ifPresent(t -> queue.put(AttackWork.TARGETS, t));
        points.add(queue.run(Pool.all(models, samples), List.of("best/x")).get("best/x"));
      }
    }
    return points;
  }

  private static Optional<HostTensor> targets(
      Models surrogates, CurveAttack attack, HostTensor x, HostTensor labels) {
    if (!attack.loss().targeted()) {
      return Optional.empty();
    }
    try (RayCheck check =
        new RayCheck(surrogates.device(), surrogates, attack.threat(), x, labels)) {
      return Optional.of(Targets.of(attack, surrogates, x, labels, check.clean().logits()));
    }
  }

  private Program begin() {
    Program.Builder b = Program.builder("transfer-start");
    Value started = b.input(STARTED, i32(1, 1));
    Value ids = b.input("ids", i32(1, batch));
    Problem problem =
        problem(b, TransferRun::unknown)
            .withDraws("attack", () -> new Randoms(b.input("key", i32(models, 2)), ids, started));
    rows.begin(b, problem, own -> own);
    return b.build();
  }

  private Program visit() {
    Program.Builder b = Program.builder("transfer-step");
    AttackState now = rows.now(b);
    Map<String, Value> params = network.declare(b, "param/", models, attack.dtype());
    Value own = F.oneHot(b.input("label", i32(1, batch)), network.outputs(), attack.dtype());
    AttackLoss.Labels labels = new AttackLoss.Labels(own, target(b));
    UnaryOperator<Value> logits = at -> network.apply(params, at);
    Problem problem =
        problem(b, at -> attack.loss().of(logits.apply(at), labels))
            .withMargin(at -> Loss.margin(logits.apply(at), own));
    rows.visit(b, problem, now, problem.loss().apply(now.x()));
    return b.build();
  }

  /** Returns the classes that a start aims at, one-hot. */
  private Optional<Value> target(Program.Builder b) {
    if (!attack.loss().targeted()) {
      return Optional.empty();
    }
    Value all = b.input(AttackWork.TARGETS, i32(models, batch, attack.starts()));
    Value start = F.reshape(b.input(STARTED, i32(1, 1)), Shape.of(1, 1, 1));
    Value aimed = F.eq(F.iota(3, 2, attack.starts()), start);
    Value picked = F.sum(F.select(aimed, all, F.constant(all, 0)), 2);
    return Optional.of(F.oneHot(Minimal.flat(picked), network.outputs(), attack.dtype()));
  }

  private Problem problem(Program.Builder b, UnaryOperator<Value> loss) {
    TensorType clean = new TensorType(attack.dtype(), rows.points().shape().with(0, 1));
    Value x0 = b.input("x0", clean);
    double radius = attack.epsilons().get(attack.epsilons().size() - 1);
    return Problem.of(attack.threat(), x0, F.constant(each(x0), radius), loss);
  }

  /** Returns one number a row beside points. */
  private static Value each(Value x0) {
    return AttackState.rows(F.fill(x0.dtype(), Shape.of(1, x0.shape().dim(1)), 0), x0);
  }

  private static Value unknown(Value x) {
    throw new UnsupportedOperationException("attack: a start must not ask for the loss");
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
