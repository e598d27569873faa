// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Norm;
import org.rigor.attack.Pgd;
import org.rigor.diff.Diff;
import org.rigor.diff.ReluMasks;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Parameter;
import org.rigor.nn.Pass;
import org.rigor.nn.mlp.Mlp;
import org.rigor.nn.mlp.MlpAttack;
import org.rigor.nn.mlp.MlpGradient;
import org.rigor.op.F;
import org.rigor.op.Permutation;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The four programs of a training step for M models: draw a batch, start the attack, one attack
 * step, update. What they share is bound by name: {@code batch/x}, {@code batch/labels}, {@code
 * batch/ids}, {@code batch/adversarial}, {@code param/...}, {@code count/...}.
 */
final class TrainingPrograms {
  private final TrainingSetup setup;
  private final int models;
  private final int totalSteps;
  private final int slabSteps;
  private final int sharedBytes;
  private final Optional<Mlp> mlp;

  /**
   * @param slabSteps steps whose samples lie on the device at a time, 0 if all samples do
   * @param sharedBytes what a block of the device can share: decides whether small perceptrons are
   *     attacked and derived on the chip
   */
  TrainingPrograms(
      TrainingSetup setup, int models, int totalSteps, int slabSteps, int sharedBytes) {
    this.setup = setup;
    this.models = models;
    this.totalSteps = totalSteps;
    this.slabSteps = slabSteps;
    this.sharedBytes = sharedBytes;
    this.mlp = Mlp.of(setup.network());
  }

  /** Samples of a keyed permutation of the data, another one each epoch. */
  Program batch() {
    Program.Builder b = Program.builder("batch");
    int n = setup.samples();
    Value y = b.input("data/y", i32(1, n));
    Value key = b.input("key", i32(models, 2));
    Value position = b.input("count/position", i32(models, 1));
    Value epoch = b.input("count/epoch", i32(models, 1));
    Value first = F.mul(position, setup.batch());
    Value slots = F.add(first, F.iota(2, 1, setup.batch()));
    Value ids = Value.of(batches(n), key, slots, epoch);
    Value stored = slabSteps == 0 ? resident(b, n, ids) : streamed(b, slots);
    Randoms random = new Randoms(key, ids, epoch);
    Value drawn = setup.augmentation().map(a -> a.apply(stored, random)).orElse(stored);
    b.output("batch/x", drawn);
    b.output("batch/labels", F.gather(y, ids));
    b.output("batch/ids", ids);
    return Simplify.run(b.build());
  }

  /** The order in which an epoch sees the samples. */
  static Permutation batches(int samples) {
    return new Permutation("batch", samples);
  }

  private Value resident(Program.Builder b, int n, Value ids) {
    return F.gather(
        b.input("data/x", real(setup.network().input().insert(0, n).insert(0, 1))), ids);
  }

  /** Rows of the slab, which holds the samples of some steps in the order of the slots. */
  private Value streamed(Program.Builder b, Value slots) {
    Value slab = b.input("slab/x", real(slabShape()));
    Value first = b.input("slab/first", i32(1, 1));
    return F.gather(slab, F.sub(slots, F.mul(first, setup.batch())));
  }

  /** Extents of a slab: [M, steps * batch, input...]. */
  Shape slabShape() {
    return setup.network().input().insert(0, slabSteps * setup.batch()).insert(0, models);
  }

  /** Start and all steps of the training attack as one kernel, if it fits the device. */
  Optional<Program> attackOnChip(Pgd pgd) {
    Program.Builder b = Program.builder("attack-on-chip");
    Map<String, Value> params = setup.network().declare(b, "param/", models, setup.dtype());
    Value x = batchInput(b, "batch/x");
    Value labels = b.input("batch/labels", i32(models, setup.batch()));
    Value epsilon = b.input("attack/epsilon", real(Shape.of(models, 1)));
    Value size = b.input("attack/step-size", real(Shape.of(models, 1)));
    return mlp.flatMap(
            net ->
                MlpAttack.trace(
                    net,
                    params,
                    List.of(flat(start(b, pgd, x, epsilon)), flat(x), labels, epsilon, size),
                    new MlpAttack.Goal(pgd.norm() == Norm.L2, false),
                    pgd.steps(),
                    0,
                    setup.box().lower(),
                    setup.box().upper(),
                    sharedBytes))
        .map(out -> b.output("batch/adversarial", F.reshape(out, x.shape())))
        .map(built -> Simplify.run(built.build()));
  }

  /** First iterate of the training attack. */
  Program start(Pgd pgd) {
    Program.Builder b = Program.builder("attack-start");
    Value x = batchInput(b, "batch/x");
    Value out = start(b, pgd, x, pgd.randomStart() ? epsilonOf(b) : null);
    return Simplify.run(b.output("batch/adversarial", F.detach(out)).build());
  }

  /**
   * @param epsilon [M, 1]; used by a random start only
   */
  private Value start(Program.Builder b, Pgd pgd, Value x, Value epsilon) {
    if (!pgd.randomStart()) {
      return x;
    }
    Value ids = b.input("batch/ids", i32(models, setup.batch()));
    Value key = b.input("key", i32(models, 2));
    Value step = b.input("count/step", i32(models, 1));
    Randoms random = new Randoms(key, ids, step);
    Shape features = setup.network().input();
    boolean linf = pgd.norm() == Norm.LINF;
    Value uniform = linf ? random.unit("train/uniform", setup.dtype(), features) : null;
    Value normal = linf ? null : random.normal("train/normal", setup.dtype(), features);
    Value radius = linf ? null : random.unit("train/radius", setup.dtype(), ones(features.rank()));
    Value noise = pgd.norm().noise(uniform, normal, radius);
    return pgd.start(x, ranked(epsilon, x.shape().rank()), noise, setup.box());
  }

  /** One step of the training attack on the cross-entropy. */
  Program attack(Pgd pgd) {
    Program.Builder b = Program.builder("attack-step");
    Value adversarial = batchInput(b, "batch/adversarial");
    Value x = batchInput(b, "batch/x");
    Value labels = b.input("batch/labels", i32(models, setup.batch()));
    Map<String, Value> params = setup.network().declare(b, "param/", models, setup.dtype());
    Pass pass = Pass.with(setup.attackStatistics()); // whose updates, if any, are left out
    Value logits = setup.network().apply(params, adversarial, pass);
    Value loss = Loss.crossEntropy(logits, oneHot(labels));
    Value gradient = Diff.grad(loss, adversarial);
    Value size = perModel(b, "attack/step-size", x);
    Value epsilon = ranked(epsilonOf(b), x.shape().rank());
    Value next = pgd.step(adversarial, x, gradient, epsilon, size, setup.box());
    return ReluMasks.run(Simplify.run(b.state("batch/adversarial", next).build()));
  }

  /** Gradient step; a row that is frozen or has diverged keeps every number it has. */
  Program update() {
    Program.Builder b = Program.builder("update");
    Value x = batchInput(b, setup.attack().isPresent() ? "batch/adversarial" : "batch/x");
    Value labels = b.input("batch/labels", i32(models, setup.batch()));
    Map<String, Value> params = setup.network().declare(b, "param/", models, setup.dtype());
    Value smoothing = b.input("hyper/label-smoothing", real(Shape.of(models, 1)));
    Pass pass = Pass.with(Pass.Statistics.BATCH);
    MlpGradient.Result derived =
        mlp.flatMap(net -> MlpGradient.trace(net, params, flat(x), labels, smoothing, sharedBytes))
            .orElseGet(() -> composed(params, x, labels, smoothing, pass));
    Value lossNow = derived.loss();

    Value step = b.input("count/step", i32(models, 1));
    Value limit = b.input("count/limit", i32(models, 1));
    Value alive = b.input("alive", new TensorType(DType.BOOL, Shape.of(models, 1)));
    Value stillAlive = F.and(alive, F.isFinite(lossNow));
    Value unfinished = F.lt(step, limit);
    Value active = F.and(stillAlive, unfinished);

    Map<String, Value> hyper = hyper(b, step);
    Map<String, Value> globals = new LinkedHashMap<>();
    for (String g : setup.optimiser().globals()) {
      globals.put(g, b.input("state/" + g, real(Shape.of(models, 1))));
    }
    Map<String, Value> advanced = setup.optimiser().advance(globals, hyper);
    globals.forEach((g, old) -> b.state("state/" + g, F.select(active, advanced.get(g), old)));

    for (Parameter p : trained()) {
      Value gradient = derived.parameters().get(p.name());
      updateParameter(b, p, params.get(p.name()), gradient, hyper, advanced, active);
    }
    pass.updates()
        .forEach(
            (name, next) -> {
              Value old = params.get(name);
              b.state("param/" + name, F.select(ranked(active, old.shape().rank()), next, old));
            });
    counters(b, step, active, F.select(unfinished, stillAlive, alive), lossNow);
    return ReluMasks.run(Simplify.run(b.build()));
  }

  /** Whether {@link #update} derives the loss on the chip. */
  boolean derivesOnChip() {
    return update().nodes().stream().anyMatch(v -> v.op() instanceof MlpGradient);
  }

  private List<Parameter> trained() {
    return setup.network().parameters().stream().filter(p -> !p.buffer()).toList();
  }

  /** Loss and gradients by the composed operations. */
  private MlpGradient.Result composed(
      Map<String, Value> params, Value x, Value labels, Value smoothing, Pass pass) {
    Value target = oneHot(labels);
    Value s = F.reshape(smoothing, Shape.of(models, 1, 1));
    Value smooth =
        F.add(F.sub(target, F.mul(target, s)), F.mul(s, 1.0 / setup.network().outputs()));
    Value logits = setup.network().apply(params, x, pass);
    Value loss = F.mean(Loss.crossEntropy(logits, smooth), 1);
    List<String> names = trained().stream().map(Parameter::name).toList();
    List<Value> gradients = Diff.grad(loss, names.stream().map(params::get).toList());
    Map<String, Value> byName = new LinkedHashMap<>();
    for (String name : names) {
      byName.put(name, gradients.get(byName.size()));
    }
    return new MlpGradient.Result(F.reshape(loss, Shape.of(models, 1)), byName);
  }

  private void updateParameter(
      Program.Builder b,
      Parameter p,
      Value w,
      Value gradient,
      Map<String, Value> hyper,
      Map<String, Value> globals,
      Value active) {
    Map<String, Value> slots = new LinkedHashMap<>();
    for (String slot : setup.optimiser().slots()) {
      slots.put(slot, b.input("state/" + slot + "/" + p.name(), p.type(models, setup.dtype())));
    }
    int rank = w.shape().rank();
    Optimiser.Update u =
        setup.optimiser().update(w, gradient, ranked(hyper, rank), slots, ranked(globals, rank));
    Value on = ranked(active, rank);
    b.state("param/" + p.name(), F.select(on, u.w(), w));
    slots.forEach(
        (slot, old) ->
            b.state("state/" + slot + "/" + p.name(), F.select(on, u.slots().get(slot), old)));
  }

  private void counters(Program.Builder b, Value step, Value active, Value alive, Value loss) {
    Value position = b.input("count/position", i32(models, 1));
    Value epoch = b.input("count/epoch", i32(models, 1));
    Value sum = b.input("loss/epoch-sum", real(Shape.of(models, 1)));
    Value one = F.constant(step, 1);
    Value zero = F.constant(step, 0);
    Value wraps = F.eq(F.add(position, one), F.constant(step, setup.stepsPerEpoch()));
    Value nextPosition = F.select(wraps, zero, F.add(position, one));
    Value begins = F.eq(position, zero);
    b.state("count/step", F.select(active, F.add(step, one), step));
    b.state("count/position", F.select(active, nextPosition, position));
    b.state("count/epoch", F.select(F.and(active, wraps), F.add(epoch, one), epoch));
    b.state("alive", alive);
    Value added = F.select(begins, loss, F.add(sum, loss));
    b.state("loss/epoch-sum", F.select(active, added, sum));
  }

  private Map<String, Value> hyper(Program.Builder b, Value step) {
    Map<String, Value> hyper = new LinkedHashMap<>();
    for (String name : setup.optimiser().hyper().keySet()) {
      hyper.put(name, b.input("hyper/" + name, real(Shape.of(models, 1))));
    }
    Value rates = b.input("hyper/learning-rate", real(Shape.of(models, totalSteps)));
    hyper.put("learning-rate", F.gather(rates, step));
    return hyper;
  }

  private Value epsilonOf(Program.Builder b) {
    return b.input("attack/epsilon", real(Shape.of(models, 1)));
  }

  private Value perModel(Program.Builder b, String name, Value like) {
    return ranked(b.input(name, real(Shape.of(models, 1))), like.shape().rank());
  }

  private static Map<String, Value> ranked(Map<String, Value> values, int rank) {
    Map<String, Value> out = new LinkedHashMap<>();
    values.forEach((name, v) -> out.put(name, ranked(v, rank)));
    return out;
  }

  /** [M, 1] as [M, 1, ..., 1]. */
  private static Value ranked(Value v, int rank) {
    int[] d = new int[rank];
    Arrays.fill(d, 1);
    d[0] = v.shape().models();
    return F.reshape(v, Shape.of(d));
  }

  private Value oneHot(Value labels) {
    return F.oneHot(labels, setup.network().outputs(), setup.dtype());
  }

  /** [M, B, features...] as [M, B, n]. */
  private Value flat(Value x) {
    int n = Math.toIntExact(setup.network().input().size());
    return F.reshape(x, Shape.of(models, setup.batch(), n));
  }

  private Value batchInput(Program.Builder b, String name) {
    return b.input(name, real(setup.batchShape(models)));
  }

  private static Shape ones(int rank) {
    int[] d = new int[rank];
    Arrays.fill(d, 1);
    return Shape.of(d);
  }

  private TensorType real(Shape shape) {
    return new TensorType(setup.dtype(), shape);
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
