// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackState;
import org.rigor.attack.Pgd;
import org.rigor.attack.Problem;
import org.rigor.diff.SamplesApart;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Pass;
import org.rigor.nn.mlp.Mlp;
import org.rigor.nn.mlp.MlpAttack;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/** Programs that fill {@code batch/adversarial}: start and step, or both fused into one kernel. */
final class PerturbationPrograms {
  private static final String KEPT = "attack/kept/";

  /** Samples of a lane below which the products of all lanes together are faster. */
  private static final int FEWEST = 8;

  /** Steps taken on the batch. */
  private static final String TAKEN = "count/taken";

  private final Rows rows;
  private final TrainingSetup setup;
  private final Perturbation how;
  private final Threat threat;

  PerturbationPrograms(Rows rows, Perturbation how) {
    this.rows = rows;
    this.setup = rows.setup();
    this.how = how;
    this.threat = new Threat(how.norm(), setup.box());
  }

  /**
   * Returns start and all steps as one kernel, if the attack is projected gradient ascent, the
   * network small, and the kernel fits the device.
   */
  Optional<Program> onChip(int sharedBytes) {
    Optional<Mlp> mlp = Mlp.of(setup.network());
    boolean ascent = how.attack().filter(a -> a instanceof Pgd).isPresent();
    if (!ascent || how.goal() != Perturbation.Goal.CROSS_ENTROPY || mlp.isEmpty()) {
      return Optional.empty();
    }
    Program.Builder b = Program.builder("attack-on-chip");
    Inputs in = new Inputs(b, rows);
    Map<String, Value> params = in.parameters("param/");
    Value x = in.batch("batch/x");
    Value epsilon = shared(in, "attack/epsilon");
    Value size = shared(in, "attack/step-size");
    return MlpAttack.trace(
            mlp.get(),
            params,
            List.of(in.flat(start(in, x).x()), in.flat(x), in.labels(), epsilon, size),
            new MlpAttack.Goal(how.norm() == Norm.L2, false),
            how.steps(),
            0,
            setup.box().lower(),
            setup.box().upper(),
            sharedBytes)
        .map(out -> b.output("batch/adversarial", F.reshape(out, x.shape())))
        .map(built -> built.build());
  }

  /**
   * Traces the first iterate, and the clean outputs if the steps compare with them.
   *
   * @param step the program of a step, whose count starts anew if it draws
   */
  Program start(Optional<Program> step) {
    Program.Builder b = Program.builder("attack-start");
    Inputs in = new Inputs(b, rows);
    Value x = in.batch("batch/x");
    AttackState start = start(in, x);
    b.output("batch/adversarial", F.detach(start.x()));
    start.kept().forEach((name, v) -> b.output(KEPT + name, v));
    if (how.goal() == Perturbation.Goal.DIVERGENCE) {
      b.output("batch/clean-logits", logits(in, x));
    }
    if (step.filter(s -> s.inputs().containsKey(TAKEN)).isPresent()) {
      b.output(TAKEN, F.fill(DType.I32, Shape.of(rows.models(), 1), 0));
    }
    return b.build();
  }

  /** Returns the first iterate, and what the attack keeps besides. */
  private AttackState start(Inputs in, Value x) {
    Problem problem = problem(in, x).withDraws("train", () -> random(in));
    AttackState own = how.attack().map(a -> a.start(problem)).orElse(AttackState.of(x));
    Shape features = setup.network().input();
    Value first =
        switch (how.start()) {
          case ATTACK -> own.x();
          case UNIT -> F.add(x, F.mul(unit(in, features), Perturbation.SMALL));
          case NORMAL -> F.add(x, F.mul(normal(in, features), Perturbation.SMALL));
          case GAUSSIAN -> {
            Value sigma = Inputs.ranked(in.column("method/sigma"), x.shape().rank());
            yield F.add(x, F.mul(normal(in, features), sigma));
          }
        };
    return new AttackState(first, own.kept());
  }

  private Value unit(Inputs in, Shape features) {
    return random(in).unit("train/uniform", setup.dtype(), features);
  }

  private Value normal(Inputs in, Shape features) {
    return random(in).normal("train/normal", setup.dtype(), features);
  }

  private Randoms random(Inputs in) {
    return random(in, in.counter("step"));
  }

  private Randoms random(Inputs in, Value steps) {
    Value ids = in.ints("batch/ids", rows.models(), setup.batch());
    return new Randoms(in.ints("key", rows.models(), 2), ids, steps);
  }

  /** Traces one step of the attack. */
  Program step() {
    return step(1);
  }

  /**
   * Returns whether the samples of one model can be cut into lanes: none depends on others or on a
   * count of steps, and each lane has enough for fast products.
   */
  boolean cuts(Program step, int lanes) {
    int batch = setup.batch();
    if (lanes < 2 || rows.models() > 1 || batch % lanes > 0 || batch / lanes < FEWEST) {
      return false;
    }
    Inputs in = new Inputs(Program.builder("attack-lanes"), rows);
    Value x = in.batch("batch/x");
    return !step.inputs().containsKey(TAKEN) && SamplesApart.joining(logits(in, x), x).isEmpty();
  }

  /**
   * Traces one step of the attack for samples that are cut into lanes.
   *
   * @param lanes T, see {@link Inputs}
   */
  Program step(int lanes) {
    Program.Builder b = Program.builder("attack-step");
    Inputs in = new Inputs(b, rows, lanes);
    Attack attack = how.attack().orElseThrow();
    Value x = in.batch("batch/x");
    Value adversarial = in.batch("batch/adversarial");
    Map<String, Value> kept = new LinkedHashMap<>();
    attack
        .keeps(adversarial.type())
        .forEach((name, type) -> kept.put(name, in.of(in.sampled(KEPT + name), type)));
    AttackState now = new AttackState(adversarial, kept);
    AttackState next = attack.step(stepping(b, in, x, attack), now);
    next.kept().forEach((name, v) -> b.state(in.sampled(KEPT + name), v));
    return b.state(in.sampled("batch/adversarial"), next.x()).build();
  }

  /**
   * Returns the problem of a step, with each model's step length unless the attack sets its own.
   */
  private Problem stepping(Program.Builder b, Inputs in, Value x, Attack attack) {
    Problem problem =
        problem(in, x)
            .withDraws(
                "train/step",
                () -> {
                  Value taken = in.counter("taken");
                  b.state(TAKEN, F.add(taken, F.constant(taken, 1)));
                  return random(in, F.concat(1, in.counter("step"), taken));
                });
    return attack.stepShare().isEmpty()
        ? problem
        : problem.withLength(Inputs.ranked(shared(in, "attack/step-size"), x.shape().rank()));
  }

  /** Returns a length of each model as the method shares it at this step, [M, 1]. */
  private Value shared(Inputs in, String length) {
    Value whole = in.column(length);
    return how.share().map(table -> F.mul(whole, in.table(table))).orElse(whole);
  }

  private Problem problem(Inputs in, Value x) {
    Value epsilon = Inputs.ranked(shared(in, "attack/epsilon"), x.shape().rank());
    return Problem.of(threat, x, epsilon, at -> loss(in, at));
  }

  private Value loss(Inputs in, Value at) {
    Value logits = logits(in, at);
    return switch (how.goal()) {
      case CROSS_ENTROPY -> Loss.crossEntropy(logits, in.oneHot());
      case TARGET -> Loss.crossEntropy(logits, in.outputs("batch/target"));
      case DIVERGENCE -> Loss.klDivergence(in.outputs("batch/clean-logits"), logits);
    };
  }

  /** Returns logits with the attack's batch norm statistics, and drops their updates. */
  private Value logits(Inputs in, Value x) {
    Pass pass = Pass.with(setup.attackStatistics());
    return setup.network().apply(in.parameters("param/"), x, pass);
  }

  /** Traces the teacher's targets for the clean batch. */
  static Program target(Rows rows) {
    TrainingSetup setup = rows.setup();
    Program.Builder b = Program.builder("target");
    Inputs in = new Inputs(b, rows);
    Objective o = new Objective(in, Map.of());
    Pass pass = Pass.with(Pass.Statistics.RUNNING);
    Value logits = setup.network().apply(in.parameters("average/"), o.x(), pass);
    Value target =
        setup
            .method()
            .target(o, logits)
            .orElseThrow(() -> new IllegalStateException("a taught method has no targets"));
    return b.output("batch/target", target).build();
  }
}
