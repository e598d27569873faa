// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.diff.SamplesApart;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.mlp.Mlp;
import org.rigor.nn.mlp.MlpAttack;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * The two programs of a running attack. A slot [M, B] holds one sample with its own level (index of
 * epsilon), restart and iteration; a step moves running slots, a refill harvests finished ones and
 * hands out the next samples of each model's queue. Everything a sample draws depends on its
 * data-set index, level and restart, never on its slot.
 */
final class SlotPrograms {
  static final int IDLE = 0;
  static final int RUNNING = 1;
  static final int FOOLED = 2;
  static final int EXHAUSTED = 3;

  private final CurveAttack attack;
  private final Network network;
  private final int models;
  private final int samples;

  SlotPrograms(CurveAttack attack, Network network, int models, int samples) {
    this.attack = attack;
    this.network = network;
    this.models = models;
    this.samples = samples;
  }

  /**
   * Traces the {@link #step}s between two refills as one kernel, if it fits the device.
   *
   * @param sharedBytes shared memory of a block on the device
   */
  Optional<Program> stepsOnChip(int sharedBytes) {
    if (!(attack.attack() instanceof Pgd pgd) || attack.loss().targeted()) {
      return Optional.empty(); // the kernel supports neither other attacks nor targets
    }
    Program.Builder b = Program.builder("attack-on-chip");
    Map<String, Value> params = network.declare(b, "param/", models, attack.dtype());
    Value x = b.input("slot/x", slotInput());
    Value x0 = b.input("slot/x0", slotInput());
    Value labels = counter(b, "slot/label");
    Value level = counter(b, "slot/level");
    Value stage = counter(b, "slot/stage");
    Value iteration = counter(b, "slot/iteration");
    Value epsilon = F.gather(epsilons(b), level);
    Value stepSize = F.mul(epsilon, pgd.relativeStep());
    int n = Math.toIntExact(network.input().size());
    Shape flat = Shape.of(models, attack.slots(), n);
    return Mlp.of(network)
        .flatMap(
            mlp ->
                MlpAttack.trace(
                    mlp,
                    params,
                    List.of(
                        F.reshape(x, flat),
                        F.reshape(x0, flat),
                        labels,
                        epsilon,
                        stepSize,
                        stage,
                        iteration),
                    new MlpAttack.Goal(
                        attack.threat().norm() == Norm.L2, attack.loss() == AttackLoss.MARGIN),
                    attack.stride(),
                    pgd.steps(),
                    attack.threat().box().lower(),
                    attack.threat().box().upper(),
                    sharedBytes))
        .map(
            out -> {
              b.state("slot/x", F.reshape(F.slice(out, 2, 0, n), x.shape()));
              b.state("slot/iteration", column(out, n));
              b.state("slot/stage", column(out, n + 1));
              return b.build();
            });
  }

  /** Returns column {@code i} of [M, B, n] as I32 [M, B]. */
  private static Value column(Value v, int i) {
    Shape s = v.shape();
    Value c = F.reshape(F.slice(v, 2, i, i + 1), Shape.of(s.dim(0), s.dim(1)));
    return F.cast(c, DType.I32);
  }

  /** Checks the iterate of each running slot; moves it unless it is fooled or out of steps. */
  Program step() {
    Program.Builder b = Program.builder("attack-step");
    Map<String, Value> params = network.declare(b, "param/", models, attack.dtype());
    AttackState now = AttackState.input(b, "slot/", attack.attack(), slotInput());
    Value x = now.x();
    Value x0 = b.input("slot/x0", slotInput());
    Value level = counter(b, "slot/level");
    Value stage = counter(b, "slot/stage");
    Value iteration = counter(b, "slot/iteration");
    Value epsilon = AttackState.rows(F.gather(epsilons(b), level), x);

    Value logits = network.apply(params, x);
    SamplesApart.require(logits, x);
    AttackLoss.Labels labels = labels(b);
    Value margin = F.reshape(Loss.margin(logits, labels.own()), stage.shape());
    Problem problem =
        Problem.of(
                attack.threat(),
                x0,
                epsilon,
                at ->
                    attack
                        .loss()
                        .of(at == x ? logits : network.apply(params, at), labels)) // x is shared
            .withDraws("attack/step", () -> stepRandoms(b, level, iteration));

    Value running = is(stage, RUNNING);
    // A NaN margin counts as fooled: the network names no class.
    Value fooled = F.and(running, F.not(F.le(margin, F.constant(margin, 0))));
    Value last = F.ge(iteration, F.constant(iteration, attack.attack().steps()));
    Value exhausted = F.and(running, F.and(last, F.not(fooled)));
    Value moves = F.and(running, F.and(F.not(fooled), F.not(last)));
    // Where the gradient is NaN the iterate stays, so that it never becomes NaN.
    AttackState next = attack.attack().step(problem, now).unlessNan(now);
    next.where(moves, now).store(b, "slot/");
    b.state("slot/iteration", F.add(iteration, F.cast(moves, DType.I32)));
    b.state(
        "slot/stage",
        F.select(
            fooled,
            F.constant(stage, FOOLED),
            F.select(exhausted, F.constant(stage, EXHAUSTED), stage)));
    return b.build();
  }

  /** Harvests finished slots, advances exhausted ones, fills free ones from the queue. */
  Program refill() {
    Program.Builder b = Program.builder("attack-refill");
    Value data = b.input("data/x", real(network.input().insert(0, samples).insert(0, 1)));
    Value y = b.input("data/y", i32(1, samples));
    Value key = b.input("key", i32(models, 2));
    Value startLevel = b.input("start-level", i32(models, samples));
    Value next = b.input("queue/next", i32(models, 1));
    Value id = counter(b, "slot/id");
    Value level = counter(b, "slot/level");
    Value restart = counter(b, "slot/restart");
    Value iteration = counter(b, "slot/iteration");
    Value stage = counter(b, "slot/stage");
    AttackState old = AttackState.input(b, "slot/", attack.attack(), slotInput());
    Value x = old.x();
    Value one = F.constant(id, 1);
    int levels = attack.epsilons().size();

    Value fooled = is(stage, FOOLED);
    Value exhausted = is(stage, EXHAUSTED);
    Value moreRestarts = F.lt(F.add(restart, one), F.constant(restart, attack.starts()));
    Value moreLevels = F.lt(F.add(level, one), F.constant(level, levels));
    Value restarts = F.and(exhausted, moreRestarts);
    Value climbs = F.and(exhausted, F.and(F.not(moreRestarts), moreLevels));
    Value survives = F.and(exhausted, F.and(F.not(moreRestarts), F.not(moreLevels)));
    harvest(b, id, x, level, restart, iteration, fooled, survives);

    Value free = F.or(is(stage, IDLE), F.or(fooled, survives));
    Value candidate = F.add(next, before(free));
    Value takes = F.and(free, F.lt(candidate, F.constant(candidate, samples)));
    Value newId = F.select(takes, candidate, id);
    Value first = F.gather(F.reshape(startLevel, Shape.of(models, samples)), newId);
    Value attacked = F.and(takes, F.lt(first, F.constant(first, levels)));
    Value begins = F.or(attacked, F.or(restarts, climbs));
    Value newLevel = F.select(takes, first, F.select(climbs, F.add(level, one), level));
    Value zero = F.constant(id, 0);
    Value newRestart =
        F.select(F.or(takes, climbs), zero, F.select(restarts, F.add(restart, one), restart));
    Value newStage =
        F.select(
            begins, F.constant(stage, RUNNING), F.select(free, F.constant(stage, IDLE), stage));
    Value x0 = F.gather(data, newId);
    Value epsilon = AttackState.rows(F.gather(epsilons(b), newLevel), x0);
    Problem problem =
        Problem.of(attack.threat(), x0, epsilon, SlotPrograms::unknown)
            .withDraws("attack", () -> Randoms.fixed(key, draw(newId, newLevel, newRestart)));
    AttackState start = attack.attack().start(problem);

    Value taken = F.add(next, F.sum(F.cast(takes, DType.I32), 1));
    // Samples already done leave their slots idle; a queue with samples left still counts as busy.
    Value waiting = F.cast(F.lt(taken, F.constant(taken, samples)), DType.I32);
    b.state("queue/next", taken);
    b.state("slot/id", newId);
    b.state("slot/level", newLevel);
    b.state("slot/restart", newRestart);
    b.state("slot/iteration", F.select(begins, zero, iteration));
    b.state("slot/stage", newStage);
    start.where(begins, old).store(b, "slot/");
    b.output("slot/x0", x0);
    b.output("slot/label", F.gather(y, newId));
    if (attack.loss().targeted()) {
      Value goals = b.input("data/targets", i32(models, samples * attack.starts()));
      Value place = F.add(F.mul(newId, attack.starts()), newRestart);
      b.output("slot/target", F.gather(goals, place));
    }
    b.output("busy", F.add(F.sum(F.cast(is(newStage, RUNNING), DType.I32), 1), waiting));
    return b.build();
  }

  private void harvest(
      Program.Builder b,
      Value id,
      Value x,
      Value level,
      Value restart,
      Value iteration,
      Value fooled,
      Value survives) {
    // Idle slots scatter 0. Spread their targets: one block sums each row, so a shared row
    // serialises.
    Value spread = F.broadcast(F.iota(2, 1, attack.slots()), id.shape());
    Value within = F.select(F.lt(spread, F.constant(spread, samples)), spread, id);
    Value target = F.select(F.or(fooled, survives), id, within);
    Value survived = b.input("result/survived", f32(Shape.of(models, samples)));
    Value iterations = b.input("result/iterations", f32(Shape.of(models, samples)));
    Value starts = b.input("result/start", f32(Shape.of(models, samples)));
    Value witness =
        b.input("result/witness", real(network.input().insert(0, samples).insert(0, models)));
    Value levels = F.cast(F.constant(level, attack.epsilons().size()), DType.F32);
    Value atLevel = F.cast(level, DType.F32);
    Value none = F.constant(atLevel, 0);
    Value count = F.select(fooled, atLevel, F.select(survives, levels, none));
    b.state("result/survived", F.add(survived, F.scatterAdd(count, target, samples)));
    Value steps = F.select(fooled, F.cast(iteration, DType.F32), none);
    b.state("result/iterations", F.add(iterations, F.scatterAdd(steps, target, samples)));
    Value which = F.select(fooled, F.cast(restart, DType.F32), none);
    b.state("result/start", F.add(starts, F.scatterAdd(which, target, samples)));
    Value point = F.select(AttackState.rows(fooled, x), x, F.constant(x, 0));
    b.state("result/witness", F.add(witness, F.scatterAdd(point, target, samples)));
  }

  private AttackLoss.Labels labels(Program.Builder b) {
    int classes = network.outputs();
    Value own = F.oneHot(counter(b, "slot/label"), classes, attack.dtype());
    return new AttackLoss.Labels(
        own,
        attack.loss().targeted()
            ? Optional.of(F.oneHot(counter(b, "slot/target"), classes, attack.dtype()))
            : Optional.empty());
  }

  /** Returns what a start draws from: sample, level and start, never the slot. */
  private Value draw(Value id, Value level, Value start) {
    return F.add(F.mul(F.add(F.mul(id, attack.epsilons().size()), level), attack.starts()), start);
  }

  /** Returns what a step draws from: its start and the steps taken since. */
  private Randoms stepRandoms(Program.Builder b, Value level, Value iteration) {
    Value start = draw(counter(b, "slot/id"), level, counter(b, "slot/restart"));
    Value key = b.input("key", i32(models, 2));
    return Randoms.fixed(key, F.add(F.mul(start, attack.attack().steps()), iteration));
  }

  /** Rejects the loss: a start is chosen before any loss is known. */
  private static Value unknown(Value x) {
    throw new UnsupportedOperationException("attack: a start must not ask for the loss");
  }

  /** Returns how many slots before each one are free: exclusive running count along B. */
  private Value before(Value free) {
    int slots = attack.slots();
    Value earlier = F.cast(F.lt(F.iota(3, 1, slots), F.iota(3, 2, slots)), DType.F32);
    Value row = F.reshape(F.cast(free, DType.F32), Shape.of(models, 1, slots));
    return F.cast(F.reshape(F.matmul(row, earlier), Shape.of(models, slots)), DType.I32);
  }

  private Value epsilons(Program.Builder b) {
    return b.input("epsilons", real(Shape.of(1, attack.epsilons().size())));
  }

  private Value counter(Program.Builder b, String name) {
    return b.input(name, i32(models, attack.slots()));
  }

  private static Value is(Value stage, int which) {
    return F.eq(stage, F.constant(stage, which));
  }

  private TensorType slotInput() {
    return real(network.input().insert(0, attack.slots()).insert(0, models));
  }

  /** Returns the tensor type of a shape in the dtype of the attack. */
  private TensorType real(Shape shape) {
    return new TensorType(attack.dtype(), shape);
  }

  private static TensorType f32(Shape shape) {
    return new TensorType(DType.F32, shape);
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
