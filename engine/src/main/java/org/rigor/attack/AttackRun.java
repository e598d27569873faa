// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import java.util.Optional;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/** Buffers and programs of the proposing run, for fixed numbers of models and samples. */
final class AttackRun implements AutoCloseable {
  private final CurveAttack attack;
  private final int models;
  private final int samples;
  private final Workspace space;
  private final Sequence sequence;
  private boolean used;

  AttackRun(Device device, Network network, CurveAttack attack, int models, int samples) {
    this.attack = attack;
    this.models = models;
    this.samples = samples;
    SlotPrograms programs = new SlotPrograms(attack, network, models, samples);
    Program refill = programs.refill();
    Optional<Program> onChip = programs.stepsOnChip(device.sharedBytes());
    Program step = onChip.orElseGet(programs::step);
    Passes passes = onChip.isPresent() ? Passes.MEASURE : Passes.ATTACK;
    int calls = onChip.isPresent() ? 1 : attack.stride();
    this.space = new Workspace(device, "attack");
    try {
      space.declare(refill);
      space.declare(step);
      write("epsilons", epsilons());
      Executable first = space.link(refill);
      Executable moves = space.link(step, passes);
      this.sequence =
          space.sequence(
              List.of(
                  new Sequence.WhileBusy(
                      space.get("busy"),
                      List.of(Sequence.run(first), Sequence.repeat(calls, Sequence.run(moves))))));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /** Loads networks, keys, samples and labels as {@link CurveAttacker#run} takes them. */
  void load(Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    networks.load(space::get);
    write("data/x", typed(x).reshape(x.shape().insert(0, 1)));
    write("data/y", labels.reshape(Shape.of(1, samples)));
    write("key", TrialKey.tensor(keys));
  }

  /** Sets the target class of each start, see {@link Targets}. */
  void aim(HostTensor targets) {
    write("data/targets", targets);
  }

  /** Converts to the type in which the attack runs. */
  private HostTensor typed(HostTensor t) {
    if (t.dtype() == attack.dtype()) {
      return t;
    }
    return attack.dtype() == DType.F32 ? t.toFloat() : t.toDouble();
  }

  private void write(String name, HostTensor value) {
    if (space.has(name)) {
      space.put(name, value);
    }
  }

  void run(int[][] start) {
    if (used) {
      clear();
    }
    used = true;
    int[] flat = new int[models * samples];
    for (int m = 0; m < models; m++) {
      System.arraycopy(start[m], 0, flat, m * samples, samples);
    }
    write("start-level", HostTensor.of(Shape.of(models, samples), flat));
    sequence.run();
  }

  /** Resets all state to that of new buffers. */
  private void clear() {
    space
        .all()
        .forEach(
            (name, b) -> {
              if (name.startsWith("slot/")
                  || name.startsWith("result/")
                  || name.startsWith("queue/")) {
                b.clear();
              }
            });
  }

  HostTensor read(String name) {
    return space.read(name);
  }

  @Override
  public void close() {
    space.close();
  }

  private HostTensor epsilons() {
    int levels = attack.epsilons().size();
    double[] epsilons = new double[levels];
    for (int e = 0; e < levels; e++) {
      double own = attack.epsilons().get(e);
      epsilons[e] = attack.dtype() == DType.F32 ? below(own) : own;
    }
    return typed(HostTensor.of(Shape.of(1, levels), epsilons));
  }

  /**
   * Returns the largest float not above a double, so that a float step stays in the double ball.
   */
  private static float below(double epsilon) {
    float f = (float) epsilon;
    return f > epsilon ? Math.nextDown(f) : f;
  }
}
