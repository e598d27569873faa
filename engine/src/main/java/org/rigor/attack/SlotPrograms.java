// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.diff.Diff;
import org.rigor.diff.ReluMasks;
import org.rigor.diff.SamplesApart;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.mlp.Mlp;
import org.rigor.nn.mlp.MlpAttack;
import org.rigor.op.DirectConvolutions;
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
   * As many {@link #step}s as lie between two refills, as one kernel, if it fits the device.
   *
   * @param sharedBytes what a block of the device can share
   */
  Optional<Program> stepsOnChip(int sharedBytes) {
    Program.Builder b = Program.builder("attack-on-chip");
    Map<String, Value> params = network.declare(b, "param/", models, DType.F32);
    Value x = b.input("slot/x", slotInput());
    Value x0 = b.input("slot/x0", slotInput());
    Value labels = counter(b, "slot/label");
    Value level = counter(b, "slot/level");
    Value stage = counter(b, "slot/stage");
    Value iteration = counter(b, "slot/iteration");
    Value epsilon = F.gather(epsilons(b), level);
    Value stepSize = F.mul(epsilon, attack.pgd().relativeStep());
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
                        attack.pgd().norm() == Norm.L2, attack.loss() == AttackLoss.MARGIN),
                    attack.stride(),
                    attack.pgd().steps(),
                    attack.box().lower(),
                    attack.box().upper(),
                    sharedBytes))
        .map(
            out -> {
              b.state("slot/x", F.reshape(F.slice(out, 2, 0, n), x.shape()));
              b.state("slot/iteration", column(out, n));
              b.state("slot/stage", column(out, n + 1));
              return Simplify.run(b.build());
            });
  }

  /** Column {@code i} of [M, B, n] as I32 [M, B]. */
  private static Value column(Value v, int i) {
    Shape s = v.shape();
    Value c = F.reshape(F.slice(v, 2, i, i + 1), Shape.of(s.dim(0), s.dim(1)));
    return F.cast(c, DType.I32);
  }

  /**
   * Checks the iterate of each running slot; moves it unless it is fooled or out of steps.
   *
   * @param sharedBytes what the device offers; small convolutions then do without windows
   */
  Program step(int sharedBytes) {
    Program.Builder b = Program.builder("attack-step");
    Map<String, Value> params = network.declare(b, "param/", models, DType.F32);
    Value x = b.input("slot/x", slotInput());
    Value x0 = b.input("slot/x0", slotInput());
    Value labels = counter(b, "slot/label");
    Value level = counter(b, "slot/level");
    Value stage = counter(b, "slot/stage");
    Value iteration = counter(b, "slot/iteration");
    Value epsilon = perSlot(F.gather(epsilons(b), level), x);

    Value logits = network.apply(params, x);
    SamplesApart.require(logits, x);
    Value oneHot = F.oneHot(labels, network.outputs(), DType.F32);
    Value margin = F.reshape(Loss.margin(logits, oneHot), stage.shape());
    Value gradient = Diff.grad(attack.loss().of(logits, oneHot), x);

    Value running = is(stage, RUNNING);
    // A margin that is not a number fools too: the network names no class.
    Value fooled = F.and(running, F.not(F.le(margin, F.constant(margin, 0))));
    Value last = F.ge(iteration, F.constant(iteration, attack.pgd().steps()));
    Value exhausted = F.and(running, F.and(last, F.not(fooled)));
    Value moves = F.and(running, F.and(F.not(fooled), F.not(last)));
    Value stepSize = F.mul(epsilon, attack.pgd().relativeStep());
    Value next = attack.pgd().step(x, x0, gradient, epsilon, stepSize, attack.box());
    // Where a gradient is not a number the iterate stays: it must not become NaN itself.
    Value goes = F.and(perSlot(moves, x), F.eq(next, next));
    b.state("slot/x", F.select(goes, next, x));
    b.state("slot/iteration", F.add(iteration, F.cast(moves, DType.I32)));
    b.state(
        "slot/stage",
        F.select(
            fooled,
            F.constant(stage, FOOLED),
            F.select(exhausted, F.constant(stage, EXHAUSTED), stage)));
    return DirectConvolutions.run(ReluMasks.run(Simplify.run(b.build())), sharedBytes);
  }

  /** Harvests finished slots, advances exhausted ones, fills free ones from the queue. */
  Program refill() {
    Program.Builder b = Program.builder("attack-refill");
    Value data = b.input("data/x", f32(network.input().insert(0, samples).insert(0, 1)));
    Value y = b.input("data/y", i32(1, samples));
    Value key = b.input("key", i32(models, 2));
    Value startLevel = b.input("start-level", i32(models, samples));
    Value next = b.input("queue/next", i32(models, 1));
    Value id = counter(b, "slot/id");
    Value level = counter(b, "slot/level");
    Value restart = counter(b, "slot/restart");
    Value iteration = counter(b, "slot/iteration");
    Value stage = counter(b, "slot/stage");
    Value x = b.input("slot/x", slotInput());
    Value one = F.constant(id, 1);
    int levels = attack.epsilons().size();

    Value fooled = is(stage, FOOLED);
    Value exhausted = is(stage, EXHAUSTED);
    Value moreRestarts = F.lt(F.add(restart, one), F.constant(restart, attack.restarts()));
    Value moreLevels = F.lt(F.add(level, one), F.constant(level, levels));
    Value restarts = F.and(exhausted, moreRestarts);
    Value climbs = F.and(exhausted, F.and(F.not(moreRestarts), moreLevels));
    Value survives = F.and(exhausted, F.and(F.not(moreRestarts), F.not(moreLevels)));
    harvest(b, id, x, level, iteration, fooled, survives);

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
    Value start = start(b, key, x0, newId, newLevel, newRestart);

    Value taken = F.add(next, F.sum(F.cast(takes, DType.I32), 1));
    // Samples that are done already leave their slots idle: a queue with more is busy none the
    // less.
    Value waiting = F.cast(F.lt(taken, F.constant(taken, samples)), DType.I32);
    b.state("queue/next", taken);
    b.state("slot/id", newId);
    b.state("slot/level", newLevel);
    b.state("slot/restart", newRestart);
    b.state("slot/iteration", F.select(begins, zero, iteration));
    b.state("slot/stage", newStage);
    b.state("slot/x", F.select(perSlot(begins, x), start, x));
    b.output("slot/x0", x0);
    b.output("slot/label", F.gather(y, newId));
    b.output("busy", F.add(F.sum(F.cast(is(newStage, RUNNING), DType.I32), 1), waiting));
    return Simplify.run(b.build());
  }

  private void harvest(
      Program.Builder b,
      Value id,
      Value x,
      Value level,
      Value iteration,
      Value fooled,
      Value survives) {
    // Slots without a result add zeros somewhere: each to a sample of its own, or one waits for
    // all.
    Value spread = F.broadcast(F.iota(2, 1, attack.slots()), id.shape());
    Value within = F.select(F.lt(spread, F.constant(spread, samples)), spread, id);
    Value target = F.select(F.or(fooled, survives), id, within);
    Value survived = b.input("result/survived", f32(Shape.of(models, samples)));
    Value iterations = b.input("result/iterations", f32(Shape.of(models, samples)));
    Value witness =
        b.input("result/witness", f32(network.input().insert(0, samples).insert(0, models)));
    Value levels = F.cast(F.constant(level, attack.epsilons().size()), DType.F32);
    Value atLevel = F.cast(level, DType.F32);
    Value none = F.constant(atLevel, 0);
    Value count = F.select(fooled, atLevel, F.select(survives, levels, none));
    b.state("result/survived", F.add(survived, F.scatterAdd(count, target, samples)));
    Value steps = F.select(fooled, F.cast(iteration, DType.F32), none);
    b.state("result/iterations", F.add(iterations, F.scatterAdd(steps, target, samples)));
    Value point = F.select(perSlot(fooled, x), x, F.constant(x, 0));
    b.state("result/witness", F.add(witness, F.scatterAdd(point, target, samples)));
  }

  private Value start(
      Program.Builder b, Value key, Value x0, Value id, Value level, Value restart) {
    Pgd pgd = attack.pgd();
    if (!pgd.randomStart()) {
      return x0;
    }
    Value epsilon = perSlot(F.gather(epsilons(b), level), x0);
    Value draw =
        F.add(F.mul(F.add(F.mul(id, attack.epsilons().size()), level), attack.restarts()), restart);
    Randoms random = Randoms.fixed(key, draw);
    Shape features = network.input();
    Value noise = pgd.norm().noise(random, "attack", DType.F32, features);
    return pgd.start(x0, epsilon, noise, attack.box());
  }

  /** How many slots before each one are free: exclusive running count along B. */
  private Value before(Value free) {
    int slots = attack.slots();
    Value earlier = F.cast(F.lt(F.iota(3, 1, slots), F.iota(3, 2, slots)), DType.F32);
    Value row = F.reshape(F.cast(free, DType.F32), Shape.of(models, 1, slots));
    return F.cast(F.reshape(F.matmul(row, earlier), Shape.of(models, slots)), DType.I32);
  }

  private Value epsilons(Program.Builder b) {
    return b.input("epsilons", f32(Shape.of(1, attack.epsilons().size())));
  }

  private Value counter(Program.Builder b, String name) {
    return b.input(name, i32(models, attack.slots()));
  }

  private static Value is(Value stage, int which) {
    return F.eq(stage, F.constant(stage, which));
  }

  /** [M, B] as [M, B, 1, ..., 1] of the rank of {@code like}. */
  private static Value perSlot(Value v, Value like) {
    int[] d = new int[like.shape().rank()];
    Arrays.fill(d, 1);
    d[0] = v.shape().dim(0);
    d[1] = v.shape().dim(1);
    return F.reshape(v, Shape.of(d));
  }

  private TensorType slotInput() {
    return f32(network.input().insert(0, attack.slots()).insert(0, models));
  }

  private static TensorType f32(Shape shape) {
    return new TensorType(DType.F32, shape);
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
