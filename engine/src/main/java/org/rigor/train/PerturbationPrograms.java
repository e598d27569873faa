// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.attack.AttackState;
import org.rigor.attack.Pgd;
import org.rigor.attack.Problem;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Pass;
import org.rigor.nn.mlp.Mlp;
import org.rigor.nn.mlp.MlpAttack;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/** Programs that fill {@code batch/adversarial}: start and step, or both fused into one kernel. */
final class PerturbationPrograms {
  private final Rows rows;
  private final TrainingSetup setup;
  private final Perturbation how;
  private final Pgd pgd;
  private final Threat threat;

  PerturbationPrograms(Rows rows, Perturbation how) {
    this.rows = rows;
    this.setup = rows.setup();
    this.how = how;
    // Step lengths differ between models and come as inputs.
    this.pgd = new Pgd(Math.max(1, how.steps()), 1, how.start() == Perturbation.Start.BALL);
    this.threat = new Threat(how.norm(), setup.box());
  }

  /**
   * Returns start and all steps as one kernel, if the network is small and the kernel fits the
   * device.
   */
  Optional<Program> onChip(int sharedBytes) {
    Optional<Mlp> mlp = Mlp.of(setup.network());
    if (how.steps() == 0 || how.goal() != Perturbation.Goal.CROSS_ENTROPY || mlp.isEmpty()) {
      return Optional.empty();
    }
    Program.Builder b = Program.builder("attack-on-chip");
    Inputs in = new Inputs(b, rows);
    Map<String, Value> params = in.parameters("param/");
    Value x = in.batch("batch/x");
    Value epsilon = in.column("attack/epsilon");
    Value size = in.column("attack/step-size");
    return MlpAttack.trace(
            mlp.get(),
            params,
            List.of(in.flat(start(in, x)), in.flat(x), in.labels(), epsilon, size),
            new MlpAttack.Goal(how.norm() == Norm.L2, false),
            how.steps(),
            0,
            setup.box().lower(),
            setup.box().upper(),
            sharedBytes)
        .map(out -> b.output("batch/adversarial", F.reshape(out, x.shape())))
        .map(built -> built.build());
  }

  /** Traces the first iterate, and the clean outputs if the steps compare with them. */
  Program start() {
    Program.Builder b = Program.builder("attack-start");
    Inputs in = new Inputs(b, rows);
    Value x = in.batch("batch/x");
    b.output("batch/adversarial", F.detach(start(in, x)));
    if (how.goal() == Perturbation.Goal.DIVERGENCE) {
      b.output("batch/clean-logits", logits(in, x));
    }
    return b.build();
  }

  private Value start(Inputs in, Value x) {
    if (how.start() == Perturbation.Start.CLEAN) {
      return x;
    }
    Value ids = in.ints("batch/ids", rows.models(), setup.batch());
    Randoms random = new Randoms(in.ints("key", rows.models(), 2), ids, in.counter("step"));
    Shape features = setup.network().input();
    return switch (how.start()) {
      case BALL -> pgd.start(problem(in, x).withDraws("train", () -> random)).x();
      case UNIT ->
          F.add(
              x, F.mul(random.unit("train/uniform", setup.dtype(), features), Perturbation.SMALL));
      case NORMAL ->
          F.add(
              x, F.mul(random.normal("train/normal", setup.dtype(), features), Perturbation.SMALL));
      case GAUSSIAN -> {
        Value sigma = Inputs.ranked(in.column("method/sigma"), x.shape().rank());
        yield F.add(x, F.mul(random.normal("train/normal", setup.dtype(), features), sigma));
      }
      case CLEAN -> throw new IllegalStateException("handled above");
    };
  }

  /** Traces one ascent step. */
  Program step() {
    Program.Builder b = Program.builder("attack-step");
    Inputs in = new Inputs(b, rows);
    Value adversarial = in.batch("batch/adversarial");
    Value x = in.batch("batch/x");
    Value size = Inputs.ranked(in.column("attack/step-size"), x.shape().rank());
    Problem problem = problem(in, x).withLength(size);
    Value next = pgd.step(problem, AttackState.of(adversarial)).x();
    return b.state("batch/adversarial", next).build();
  }

  private Problem problem(Inputs in, Value x) {
    Value epsilon = Inputs.ranked(in.column("attack/epsilon"), x.shape().rank());
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
