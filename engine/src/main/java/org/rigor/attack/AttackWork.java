// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.rigor.diff.SamplesApart;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.nn.Network;
import org.rigor.nn.mlp.Mlp;
import org.rigor.nn.mlp.MlpAttack;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.queue.SlotWork;
import org.rigor.queue.Slots;
import org.rigor.queue.Turn;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Coordinates;
import org.rigor.threat.Norm;

/**
 * A running attack as {@link SlotWork}. An item is a sample; its slot has its own level (index of
 * epsilon), restart and iteration. Everything a sample draws depends on its number, level and
 * restart, never on its slot.
 */
final class AttackWork implements SlotWork {
  /** Samples, [1, N, features...]. */
  static final String X = "x";

  /** Labels, I32 [1, N]. */
  static final String LABEL = "label";

  /** Level at which a sample starts, I32 [M, N]. */
  static final String START = "start";

  /** Target class of each start, I32 [M, N, starts]; see {@link Targets}. */
  static final String TARGETS = "targets";

  /** Prefix of the slots' names. */
  static final String SLOT = "slot/";

  /** Stage of a slot whose point is misclassified. */
  static final int FOOLED = 2;

  /** Stage of a slot that has taken every step of its start. */
  static final int EXHAUSTED = 3;

  /** Losses that the kernel knows. */
  static final Set<AttackLoss> ON_CHIP = EnumSet.of(AttackLoss.CROSS_ENTROPY, AttackLoss.MARGIN);

  private final CurveAttack attack;
  private final Network network;
  private final DType stored;
  private final int models;
  private final int samples;

  /**
   * @param stored type of the samples
   */
  AttackWork(CurveAttack attack, Network network, DType stored, int models, int samples) {
    this.attack = attack;
    this.network = network;
    this.stored = stored;
    this.models = models;
    this.samples = samples;
  }

  /**
   * Traces the {@link #step}s between two refills as one kernel, if it fits the device.
   *
   * @param sharedBytes shared memory of a block on the device
   */
  Optional<Program> stepsOnChip(int sharedBytes) {
    if (!(attack.attack() instanceof Pgd pgd)
        || !(attack.threat().norm() instanceof Norm)
        || attack.threat().scale().isPresent()
        || !ON_CHIP.contains(attack.loss())) {
      return Optional.empty();
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

  private static Value column(Value v, int i) {
    Shape s = v.shape();
    Value c = F.reshape(F.slice(v, 2, i, i + 1), Shape.of(s.dim(0), s.dim(1)));
    return F.cast(c, DType.I32);
  }

  /** Checks the iterate of each running slot; moves it unless it is fooled or out of steps. */
  Program step() {
    return step(SLOT, Shape.of(models, attack.slots()));
  }

  /**
   * Traces {@link #step()} for slots as rows of a shape.
   *
   * @param prefix of the slots' names
   * @param slots [M, B]; of one network also [T, B / T]
   */
  Program step(String prefix, Shape slots) {
    Program.Builder b = Program.builder("attack-step");
    Rows rows = new Rows(b, prefix, slots);
    AttackState now = AttackState.input(b, prefix, attack.attack(), rows.point());
    Value x = now.x();
    Value x0 = b.input(prefix + "x0", rows.point());
    Value level = rows.counter("level");
    Value iteration = rows.counter("iteration");
    Value epsilon = AttackState.rows(F.gather(epsilons(b), level), x);
    Coordinates in = Coordinates.of(attack.threat(), b, network.input());
    Look look = look(rows, in.point(x, x0));
    UnaryOperator<Value> logits = // x is shared
        at -> at == x ? look.logits() : network.apply(look.params(), in.point(at, x0));
    UnaryOperator<Value> loss = at -> attack.loss().of(logits.apply(at), look.labels());
    Problem problem =
        Problem.of(in.threat(), x0, epsilon, loss)
            .withMargin(at -> Loss.margin(logits.apply(at), look.labels().own()))
            .withDraws("attack/step", () -> stepRandoms(rows, level, iteration));
    // Where the gradient is NaN the iterate stays, so that it never becomes NaN.
    AttackState next = attack.attack().step(problem, now).settled(in, x0).unlessNan(now);
    next.where(look.moves(), now).store(b, prefix);
    b.state(prefix + "iteration", F.add(iteration, F.cast(look.moves(), DType.I32)));
    look.leave(rows);
    return b.build();
  }

  /** Checks the iterate of each running slot as {@link #step} does, and moves none. */
  Program check(String prefix, Shape slots) {
    Program.Builder b = Program.builder("attack-check");
    Rows rows = new Rows(b, prefix, slots);
    Coordinates in = Coordinates.of(attack.threat(), b, network.input());
    Value x = b.input(prefix + "x", rows.point());
    look(rows, in.scaled() ? in.point(x, b.input(prefix + "x0", rows.point())) : x).leave(rows);
    return b.build();
  }

  private Look look(Rows rows, Value x) {
    Map<String, Value> params = network.declare(rows.b(), "param/", models, attack.dtype());
    Value logits = network.apply(params, x);
    SamplesApart.require(logits, x);
    AttackLoss.Labels labels = labels(rows);
    Value stage = rows.counter("stage");
    Value iteration = rows.counter("iteration");
    Value margin = F.reshape(Loss.margin(logits, labels.own()), stage.shape());
    Value running = Slots.at(stage, Slots.RUNNING);
    // A NaN margin counts as fooled: the network names no class.
    Value fooled = F.and(running, F.not(F.le(margin, F.constant(margin, 0))));
    Value last = F.ge(iteration, F.constant(iteration, attack.attack().steps()));
    Value exhausted = F.and(running, F.and(last, F.not(fooled)));
    Value moves = F.and(running, F.and(F.not(fooled), F.not(last)));
    return new Look(params, logits, labels, stage, fooled, exhausted, moves);
  }

  /** What a pass through the network tells of the iterates. */
  private record Look(
      Map<String, Value> params,
      Value logits,
      AttackLoss.Labels labels,
      Value stage,
      Value fooled,
      Value exhausted,
      Value moves) {
    /** Writes the stages of slots that stop. */
    void leave(Rows rows) {
      Value stops = F.select(exhausted, F.constant(stage, EXHAUSTED), stage);
      rows.b().state(rows.prefix() + "stage", F.select(fooled, F.constant(stage, FOOLED), stops));
    }
  }

  /** Inputs of a program, one a slot. */
  private final class Rows {
    private final Program.Builder b;
    private final String prefix;
    private final Shape slots;
    private final Map<String, Value> counters = new HashMap<>();

    Rows(Program.Builder b, String prefix, Shape slots) {
      this.b = b;
      this.prefix = prefix;
      this.slots = slots;
    }

    Program.Builder b() {
      return b;
    }

    String prefix() {
      return prefix;
    }

    Value counter(String name) {
      TensorType type = new TensorType(DType.I32, slots);
      return counters.computeIfAbsent(name, n -> b.input(prefix + n, type));
    }

    TensorType point() {
      return real(network.input().insert(0, slots.dim(1)).insert(0, slots.models()));
    }
  }

  @Override
  public String name() {
    return "attack";
  }

  @Override
  public int most() {
    return attack.turns();
  }

  @Override
  public Map<String, TensorType> fields() {
    Map<String, TensorType> fields = new LinkedHashMap<>();
    fields.put(X, new TensorType(stored, network.input().insert(0, samples).insert(0, 1)));
    fields.put(LABEL, i32(1, samples));
    fields.put(START, i32(models, samples));
    if (attack.loss().targeted()) {
      fields.put(TARGETS, i32(models, samples, attack.starts()));
    }
    return fields;
  }

  @Override
  public Map<String, TensorType> keeps() {
    Map<String, TensorType> keeps = new LinkedHashMap<>();
    for (String counter : List.of("level", "restart", "iteration")) {
      keeps.put(counter, i32(models, attack.slots()));
    }
    keeps.putAll(AttackState.types(attack.attack(), slotInput()));
    return keeps;
  }

  /** Fallen samples leave their point; those that survived every start at the last epsilon none. */
  @Override
  public Harvest harvest(Program.Builder b, Slots now) {
    Value fooled = now.at(FOOLED);
    Value survives = F.and(now.at(EXHAUSTED), F.not(F.or(restarts(now), climbs(now))));
    Value finished = F.or(fooled, survives);
    Value level = now.kept("level");
    Value all = F.constant(level, attack.epsilons().size());
    return new Harvest(
        finished,
        List.of(
            left("survived", F.select(fooled, level, all), finished, now),
            left("iterations", now.kept("iteration"), fooled, now),
            left("start", now.kept("restart"), fooled, now),
            left("witness", now.kept("x"), fooled, now)));
  }

  private Result left(String name, Value rows, Value leaves, Slots now) {
    return new Result(name, rows, leaves, now.item(), samples);
  }

  /** Returns which slots start anew at the same epsilon. */
  private Value restarts(Slots now) {
    Value next = F.add(now.kept("restart"), 1);
    return F.and(now.at(EXHAUSTED), F.lt(next, F.constant(next, attack.starts())));
  }

  /** Returns which slots go on to the next epsilon. */
  private Value climbs(Slots now) {
    Value next = F.add(now.kept("level"), 1);
    Value more = F.lt(next, F.constant(next, attack.climbs() ? attack.epsilons().size() : 0));
    return F.and(F.and(now.at(EXHAUSTED), F.not(restarts(now))), more);
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    Slots now = turn.before();
    Value level = now.kept("level");
    Value restart = now.kept("restart");
    Value zero = F.constant(level, 0);
    Value climbs = climbs(now);
    Value restarts = restarts(now);
    Value takes = turn.takes();
    Value begins = F.or(takes, F.or(restarts, climbs));
    Value newLevel = F.select(takes, turn.field(START), F.select(climbs, F.add(level, 1), level));
    Value newRestart =
        F.select(F.or(takes, climbs), zero, F.select(restarts, F.add(restart, 1), restart));
    Value x0 = F.cast(turn.field(X), attack.dtype());
    Value epsilon = AttackState.rows(F.gather(epsilons(b), newLevel), x0);
    Value key = b.input("key", i32(models, 2));
    Coordinates in = Coordinates.of(attack.threat(), b, network.input());
    Problem problem =
        Problem.of(in.threat(), x0, epsilon, AttackWork::unknown)
            .withDraws("attack", () -> Randoms.fixed(key, draw(turn.item(), newLevel, newRestart)));
    AttackState old = AttackState.of(now.kept());
    AttackState next = attack.attack().start(problem).settled(in, x0).where(begins, old);

    Map<String, Value> kept = new LinkedHashMap<>();
    kept.put("level", newLevel);
    kept.put("restart", newRestart);
    kept.put("iteration", F.select(begins, zero, now.kept("iteration")));
    kept.putAll(next.named());
    Map<String, Value> reads = new LinkedHashMap<>();
    reads.put("x0", x0);
    reads.put("label", turn.field(LABEL));
    if (attack.loss().targeted()) {
      Value goals = turn.fields().get(TARGETS);
      goals = F.reshape(goals, Shape.of(models, samples * attack.starts()));
      Value place = F.add(F.mul(turn.item(), attack.starts()), newRestart);
      reads.put("target", F.gather(goals, place));
    }
    return new Next(begins, kept, reads);
  }

  private AttackLoss.Labels labels(Rows rows) {
    int classes = network.outputs();
    Value own = F.oneHot(rows.counter("label"), classes, attack.dtype());
    return new AttackLoss.Labels(
        own,
        attack.loss().targeted()
            ? Optional.of(F.oneHot(rows.counter("target"), classes, attack.dtype()))
            : Optional.empty());
  }

  /** Returns what a start draws from: sample, level and start, never the slot. */
  private Value draw(Value id, Value level, Value start) {
    return F.add(F.mul(F.add(F.mul(id, attack.epsilons().size()), level), attack.starts()), start);
  }

  /** Returns what a step draws from: its start and the steps taken since. */
  private Randoms stepRandoms(Rows rows, Value level, Value iteration) {
    Value start = draw(rows.counter("item"), level, rows.counter("restart"));
    Value key = rows.b().input("key", i32(models, 2));
    return Randoms.fixed(key, F.add(F.mul(start, attack.attack().steps()), iteration));
  }

  /** Rejects the loss: a start is chosen before any loss is known. */
  private static Value unknown(Value x) {
    throw new UnsupportedOperationException("attack: a start must not ask for the loss");
  }

  private Value epsilons(Program.Builder b) {
    return b.input("epsilons", real(Shape.of(1, attack.epsilons().size())));
  }

  private Value counter(Program.Builder b, String name) {
    return b.input(name, i32(models, attack.slots()));
  }

  private TensorType slotInput() {
    return real(network.input().insert(0, attack.slots()).insert(0, models));
  }

  private TensorType real(Shape shape) {
    return new TensorType(attack.dtype(), shape);
  }

  private static TensorType i32(int... dims) {
    return new TensorType(DType.I32, Shape.of(dims));
  }
}
