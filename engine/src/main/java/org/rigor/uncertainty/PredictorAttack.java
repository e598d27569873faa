// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackState;
import org.rigor.attack.Lockstep;
import org.rigor.attack.Problem;
import org.rigor.diff.Kind;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Threat;
import org.rigor.workspace.Batches;
import org.rigor.workspace.Workspace;

/**
 * An attack on the mean of a predictor's draws. It works in double and on log-probabilities, so
 * confident predictions keep a gradient. It returns the best point it visits by the objective's
 * value, the clean point included. The first start is the clean point, the others are random.
 *
 * @param epsilon radius, at least 0
 * @param restarts starts, at least 1
 * @param score score that the objective targets; {@link Objective#MISCLASSIFY} ignores it
 */
public record PredictorAttack(
    Attack attack, Threat threat, double epsilon, int restarts, Objective objective, Score score) {
  public PredictorAttack {
    if (!(epsilon >= 0) || Double.isInfinite(epsilon) || restarts < 1) {
      throw new IllegalArgumentException(
          "attack: needs epsilon >= 0 and at least 1 start, got " + epsilon + " and " + restarts);
    }
  }

  /**
   * What an attack found.
   *
   * @param points the best, F64 [M, N, features...]; the clean point where no point meets the
   *     objective
   * @param kind of the objective at them, computed in double, as a lower side of its largest value
   */
  public record Found(HostTensor points, Kind kind) {}

  /**
   * Attacks all samples in all trials.
   *
   * @param keys one per trial
   * @param x [N, features...], inside the box
   */
  public Found run(
      Device device, Predictor predictor, List<TrialKey> keys, HostTensor x, int[] labels) {
    int models = predictor.trials();
    int samples = labels.length;
    Shape features = predictor.network().input();
    if (!x.shape().equals(features.insert(0, samples)) || keys.size() != models) {
      throw new IllegalArgumentException(
          "attack: needs %d keys and x [%d, features...] of %s, got %d and %s"
              .formatted(models, samples, features, keys.size(), x.shape()));
    }
    int batch = Batches.fit(n -> step(predictor, n), samples);
    try (Workspace space = new Workspace(device, "attack")) {
      space.putAll("param/", predictor.draws());
      space.put("key", TrialKey.tensor(keys));
      // One more visit than steps: each scores the point that the previous one reached.
      int visits = attack.steps() + 1;
      Lockstep rows = rows(predictor, batch);
      Sequence all =
          rows.sequence(space, restarts, visits, begin(predictor, batch), step(predictor, batch));
      Runnable restarted =
          () -> {
            rows.rewind(space);
            space.put("count/start", HostTensor.of(Shape.of(1, 1), new int[1]));
            all.run();
          };
      BatchQueue queue = new BatchQueue(batch, space::get, space::get, restarted);
      HostTensor clean = x.reshape(x.shape().insert(0, 1));
      queue.put("x0", clean);
      queue.put("best/x", clean);
      queue.put("labels", HostTensor.of(Shape.of(1, samples), labels));
      queue.put("ids", HostTensor.of(Shape.of(1, samples), IntStream.range(0, samples).toArray()));
      HostTensor points = queue.run(Pool.all(models, samples), List.of("best/x")).get("best/x");
      return new Found(points, Kind.BOUND);
    }
  }

  private Lockstep rows(Predictor predictor, int batch) {
    Shape points = predictor.network().input().insert(0, batch).insert(0, predictor.trials());
    return new Lockstep(attack, State.f64(points));
  }

  private Program begin(Predictor predictor, int batch) {
    Program.Builder b = Program.builder("attack-start");
    int models = predictor.trials();
    Lockstep rows = rows(predictor, batch);
    Value x0 = b.input("x0", rows.points());
    Value count = b.input("count/start", State.i32(1, 1));
    Value ids = b.input("ids", State.i32(1, batch));
    Randoms random = new Randoms(b.input("key", State.i32(models, 2)), ids, count);
    Problem problem = problem(x0, x -> x).withDraws("attack", () -> random);
    Value first = State.ranked(F.eq(F.constant(count, 0), count), x0);
    rows.begin(b, problem, drawn -> F.select(first, x0, drawn));
    b.state("count/start", F.add(count, F.constant(count, 1)));
    return b.build();
  }

  private Problem problem(Value x0, UnaryOperator<Value> loss) {
    return Problem.of(threat, x0, F.constant(x0, epsilon), loss);
  }

  /** Traces a step: scores x, keeps it if it is the best so far, and moves on. */
  private Program step(Predictor predictor, int batch) {
    Program.Builder b = Program.builder("attack-step");
    Map<String, Value> w = new LinkedHashMap<>();
    for (Parameter p : predictor.network().parameters()) {
      w.put(p.name(), b.input("param/" + p.name(), predictor.draws().get(p.name()).type()));
    }
    Lockstep rows = rows(predictor, batch);
    AttackState now = rows.now(b);
    Value x = now.x();
    Value x0 = b.input("x0", rows.points());
    Value labels = b.input("labels", State.i32(1, batch));
    Value oneHot = F.oneHot(labels, predictor.network().outputs(), DType.F64);
    Value each = predictor.mean().logProbabilities(w, x);
    Value value = objective.value(each, oneHot, score);
    Problem problem =
        problem(
            x0,
            at -> {
              Value own = at == x ? each : predictor.mean().logProbabilities(w, at);
              return objective.loss(own, oneHot, score);
            });
    rows.visit(b, problem, now, value);
    return b.build();
  }
}
