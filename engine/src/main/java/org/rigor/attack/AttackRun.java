// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import java.util.Optional;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/** The proposing run, for fixed numbers of models and samples. */
final class AttackRun implements AutoCloseable {
  private final Workspace space;
  private final SlotQueue queue;

  /**
   * @param stored type of the samples
   */
  AttackRun(
      Device device, Network network, CurveAttack attack, DType stored, int models, int samples) {
    AttackWork work = new AttackWork(attack, network, stored, models, samples);
    Optional<Program> onChip = work.stepsOnChip(device.sharedBytes());
    Passes passes = onChip.isPresent() ? Passes.MEASURE : Passes.ATTACK;
    int calls = onChip.isPresent() ? 1 : attack.stride();
    this.space = new Workspace(device, "attack");
    try {
      space.put("epsilons", epsilons(attack));
      Program step = space.declare(onChip.orElseGet(work::step));
      Sequence.Step moves = Sequence.repeat(calls, Sequence.run(space.link(step, passes)));
      this.queue = new SlotQueue(space, work, models, samples, attack.slots(), moves);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /** Loads networks, keys, samples and labels as {@link CurveAttacker#run} takes them. */
  void load(Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    networks.load(space::get);
    queue.put(AttackWork.X, x.reshape(x.shape().insert(0, 1)));
    queue.put(AttackWork.LABEL, labels.reshape(labels.shape().insert(0, 1)));
    if (space.has("key")) {
      space.put("key", TrialKey.tensor(keys));
    }
  }

  SlotQueue queue() {
    return queue;
  }

  @Override
  public void close() {
    space.close();
  }

  private static HostTensor epsilons(CurveAttack attack) {
    int levels = attack.epsilons().size();
    double[] epsilons = new double[levels];
    for (int e = 0; e < levels; e++) {
      double own = attack.epsilons().get(e);
      epsilons[e] = attack.dtype() == DType.F32 ? below(own) : own;
    }
    HostTensor all = HostTensor.of(Shape.of(1, levels), epsilons);
    return attack.dtype() == DType.F32 ? all.toFloat() : all;
  }

  /**
   * Returns the largest float not above a double, so that a float step stays in the double ball.
   */
  private static float below(double epsilon) {
    float f = (float) epsilon;
    return f > epsilon ? Math.nextDown(f) : f;
  }
}
