// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.rigor.ir.Program;
import org.rigor.nn.mlp.MlpAttack;
import org.rigor.nn.mlp.MlpGradient;
import org.rigor.workspace.Passes;

/**
 * The programs of a training step for M models, in order: draw a batch, make the teacher's targets,
 * perturb the batch, perturb the weights, update. They share buffers by name: {@code batch/x},
 * {@code batch/labels}, {@code batch/ids}, {@code batch/target}, {@code batch/adversarial}, {@code
 * awp/...}, {@code param/...}, {@code average/...}, {@code count/...}.
 */
final class TrainingPrograms {
  /** A traced program, its purpose, and how often it runs in a step. */
  record Stage(int times, Program program, Passes passes) {}

  private TrainingPrograms() {}

  /**
   * Traces the programs of a step.
   *
   * @param slabSteps steps whose samples lie on the device at a time, 0 if all samples do
   * @param sharedBytes what a block of the device can share: decides whether small perceptrons are
   *     attacked and derived on the chip
   * @param lanes models that run at once, among which the attack on one may be cut
   */
  static List<Stage> step(Rows rows, int slabSteps, int sharedBytes, int lanes) {
    TrainingSetup setup = rows.setup();
    List<Stage> stages = new ArrayList<>();
    stages.add(new Stage(1, BatchProgram.trace(rows, slabSteps), Passes.MEASURE));
    if (setup.method().taught()) {
      stages.add(new Stage(1, PerturbationPrograms.target(rows), Passes.MEASURE));
    }
    setup
        .method()
        .perturbation()
        .ifPresent(p -> stages.addAll(perturb(rows, p, sharedBytes, lanes)));
    setup
        .awp()
        .ifPresent(
            a -> stages.add(new Stage(1, AwpProgram.trace(rows, a, sharedBytes), Passes.TRAIN)));
    stages.add(new Stage(1, UpdateProgram.trace(rows, sharedBytes), Passes.TRAIN));
    return List.copyOf(stages);
  }

  static List<Stage> perturb(Rows rows, Perturbation how, int sharedBytes, int lanes) {
    PerturbationPrograms programs = new PerturbationPrograms(rows, how);
    Optional<Program> onChip = programs.onChip(sharedBytes);
    if (onChip.isPresent()) {
      return List.of(new Stage(1, onChip.get(), Passes.MEASURE));
    }
    Optional<Program> step = how.attack().map(a -> programs.step());
    Stage start = new Stage(1, programs.start(step), Passes.MEASURE);
    return step.isEmpty()
        ? List.of(start)
        : List.of(
            start,
            new Stage(
                how.steps(),
                programs.cuts(step.get(), lanes) ? programs.step(lanes) : step.get(),
                Passes.ATTACK));
  }

  static boolean attacksOnChip(List<Stage> step) {
    return uses(step, MlpAttack.class);
  }

  static boolean derivesOnChip(List<Stage> step) {
    return uses(step, MlpGradient.class);
  }

  private static boolean uses(List<Stage> step, Class<?> op) {
    return step.stream()
        .flatMap(s -> s.program().nodes().stream())
        .anyMatch(v -> op.isInstance(v.op()));
  }
}
