// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.exec.Device;
import org.rigor.exec.Sequence;
import org.rigor.ir.Program;
import org.rigor.nn.Network;
import org.rigor.nn.TrialKey;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Scale;
import org.rigor.workspace.Models;
import org.rigor.workspace.Passes;
import org.rigor.workspace.Workspace;

/**
 * The proposing run, for fixed numbers of models and samples. Where the device runs several models
 * at once, the slots of a single network are cut into lanes: a thread takes its lane through all
 * steps between two turns, without waiting for others.
 */
final class AttackRun implements AutoCloseable {
  private static final String LANE = Workspace.LANE + AttackWork.SLOT;

  /** Slots of a lane below which the products of all lanes together are faster. */
  private static final int FEWEST = 8;

  /** Most slots of all lanes: the queue counts free ones in a product of their square. */
  private static final int MOST = 1024;

  /** Numbers of all points above which lanes share the slots of one thread, for memory's sake. */
  private static final long POINTS = 1 << 20;

  private static final Predicate<String> VARYING = name -> !name.startsWith("param/");

  private final Workspace space;

  /** Programs of which a part depends on the parameters alone. */
  private final List<Workspace.Cut> moves;

  private final SlotQueue queue;

  /**
   * @param stored type of the samples
   */
  AttackRun(
      Device device, Network network, CurveAttack attack, DType stored, int models, int samples) {
    int lanes = models > 1 ? 1 : device.modelsAtOnce();
    long fit = Math.max(attack.slots(), Math.min(MOST, POINTS / network.input().size()));
    int fair = (samples + lanes - 1) / lanes;
    int each = (int) Math.min(attack.slots(), Math.min(fair, fit / lanes));
    boolean cut = lanes > 1 && each >= FEWEST;
    CurveAttack all = cut ? attack.withSlots(lanes * each) : attack;
    AttackWork work = new AttackWork(all, network, stored, models, samples);
    Shape slots = cut ? Shape.of(lanes, each) : Shape.of(models, attack.slots());
    this.space = new Workspace(device, "attack");
    this.moves = new ArrayList<>();
    try {
      space.put("epsilons", epsilons(attack));
      attack.threat().scale().ifPresent(s -> space.put(Scale.NAME, s.buffer(network.input())));
      List<Sequence.Step> moves =
          work.stepsOnChip(device.sharedBytes())
              .map(p -> List.of(Sequence.run(space.link(space.declare(p)))))
              .orElseGet(() -> moves(work, cut ? LANE : AttackWork.SLOT, slots, all.moves()));
      this.queue = new SlotQueue(space, work, models, samples, all.slots(), moves);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /** Returns the steps between two turns: moves, and a look at where the last one led. */
  private List<Sequence.Step> moves(AttackWork work, String prefix, Shape slots, int count) {
    Program step = space.declare(work.step(prefix, slots));
    Program check = space.declare(work.check(prefix, slots));
    Workspace.Cut move = space.link(step, Passes.ATTACK, VARYING);
    Workspace.Cut look = space.link(check, Passes.ATTACK, VARYING);
    moves.add(move);
    moves.add(look);
    return List.of(Sequence.repeat(count, Sequence.run(move.each())), Sequence.run(look.each()));
  }

  /** Loads networks, keys, samples and labels as {@link CurveAttacker#run} takes them. */
  void load(Models networks, List<TrialKey> keys, HostTensor x, HostTensor labels) {
    networks.load(space::get);
    moves.forEach(Workspace.Cut::prepare);
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
