// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.attack.AttackState;
import org.rigor.attack.Pgd;
import org.rigor.attack.Problem;
import org.rigor.data.Box;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Threat;

/**
 * The program of the gradient step, averages and counters. Rows that are frozen or have diverged
 * keep all their numbers.
 */
final class UpdateProgram {
  private final Program.Builder b = Program.builder("update");
  private final Rows rows;
  private final TrainingSetup setup;
  private final Inputs in;
  private final int sharedBytes;

  private UpdateProgram(Rows rows, int sharedBytes) {
    this.rows = rows;
    this.setup = rows.setup();
    this.in = new Inputs(b, rows);
    this.sharedBytes = sharedBytes;
  }

  /**
   * @param sharedBytes shared memory of a block: decides whether small perceptrons use the fused
   *     gradient kernel
   */
  static Program trace(Rows rows, int sharedBytes) {
    return new UpdateProgram(rows, sharedBytes).trace();
  }

  private Program trace() {
    Map<String, Value> params = in.parameters("param/");
    Derived d = Derived.trace(in, perturbed(params), sharedBytes);

    Value step = in.counter("step");
    Value limit = in.counter("limit");
    Value alive = in.of("alive", new TensorType(DType.BOOL, Shape.of(rows.models(), 1)));
    Value stillAlive = F.and(alive, F.isFinite(d.loss()));
    Value unfinished = F.lt(step, limit);
    Value active = F.and(stillAlive, unfinished);

    Map<String, Value> next = new LinkedHashMap<>(params);
    optimise(params, d.gradients(), active, next);
    buffers(d).forEach((name, v) -> next.put(name, held(active, v, params.get(name))));
    next.putAll(setup.network().projected(next)); // held rows are already projected
    next.forEach(
        (name, v) -> {
          if (v != params.get(name)) {
            b.state("param/" + name, v);
          }
        });
    Value epochEnds = counters(active, F.select(unfinished, stillAlive, alive), d.loss());
    average(next, active, epochEnds);
    d.input().ifPresent(g -> replay(g, active));
    return b.build();
  }

  /** Returns the parameters at which the gradient is taken. */
  private Map<String, Value> perturbed(Map<String, Value> params) {
    Map<String, Value> at = new LinkedHashMap<>(params);
    setup
        .awp()
        .ifPresent(
            awp -> {
              for (Parameter p : setup.network().parameters()) {
                if (awp.perturbs(p)) {
                  String name = "awp/" + p.name();
                  at.put(p.name(), in.of(name, p.type(rows.models(), setup.dtype())));
                }
              }
            });
    return at;
  }

  /** Returns the next running statistics. */
  private Map<String, Value> buffers(Derived d) {
    if (setup.awp().isEmpty() || setup.awp().get().learnsPerturbed()) {
      return d.buffers();
    }
    Map<String, Value> learnt = new LinkedHashMap<>();
    for (Parameter p : setup.network().parameters()) {
      if (d.buffers().containsKey(p.name())) {
        learnt.put(p.name(), in.of("awp/" + p.name(), p.type(rows.models(), setup.dtype())));
      }
    }
    return learnt;
  }

  private void optimise(
      Map<String, Value> params,
      Map<String, Value> gradients,
      Value active,
      Map<String, Value> next) {
    Map<String, Value> hyper = new LinkedHashMap<>();
    for (String name : setup.optimiser().hyper().keySet()) {
      hyper.put(name, in.column("hyper/" + name));
    }
    Value rates = in.real("hyper/learning-rate", Shape.of(rows.models(), rows.steps()));
    hyper.put("learning-rate", F.gather(rates, in.counter("step")));
    Map<String, Value> globals = new LinkedHashMap<>();
    for (String g : setup.optimiser().globals()) {
      globals.put(g, in.column("state/" + g));
    }
    Map<String, Value> advanced = setup.optimiser().advance(globals, hyper);
    globals.forEach((g, old) -> b.state("state/" + g, F.select(active, advanced.get(g), old)));
    for (Parameter p : Derived.trained(setup)) {
      Value w = params.get(p.name());
      Map<String, Value> slots = new LinkedHashMap<>();
      for (String slot : setup.optimiser().slots()) {
        TensorType type = p.type(rows.models(), setup.dtype());
        slots.put(slot, in.of("state/" + slot + "/" + p.name(), type));
      }
      int rank = w.shape().rank();
      Optimiser.Update u =
          setup
              .optimiser()
              .update(
                  w,
                  gradients.get(p.name()),
                  Inputs.ranked(hyper, rank),
                  slots,
                  Inputs.ranked(advanced, rank));
      next.put(p.name(), held(active, u.w(), w));
      slots.forEach(
          (slot, old) ->
              b.state("state/" + slot + "/" + p.name(), held(active, u.slots().get(slot), old)));
    }
  }

  private static Value held(Value active, Value next, Value old) {
    return F.select(Inputs.ranked(active, old.shape().rank()), next, old);
  }

  /** Returns whether this step is the last of an epoch, [M, 1]. */
  private Value counters(Value active, Value alive, Value loss) {
    Value step = in.counter("step");
    Value position = in.counter("position");
    Value epoch = in.counter("epoch");
    Value sum = in.column("loss/epoch-sum");
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
    return wraps;
  }

  private void average(Map<String, Value> next, Value active, Value epochEnds) {
    if (setup.averaging() == Averaging.NONE) {
      return;
    }
    Map<String, Value> old = in.parameters("average/");
    if (setup.averaging() == Averaging.EMA) {
      Value decay = in.column("method/ema-decay");
      Value rest = F.sub(F.constant(decay, 1), decay);
      old.forEach(
          (name, a) -> {
            int rank = a.shape().rank();
            Value kept = F.mul(a, Inputs.ranked(decay, rank));
            Value moved = F.add(kept, F.mul(next.get(name), Inputs.ranked(rest, rank)));
            b.state("average/" + name, held(active, moved, a));
          });
      return;
    }
    Value late = F.le(in.ints("limit/swa-from", rows.models(), 1), in.counter("epoch"));
    Value counts = F.and(active, F.and(epochEnds, late));
    Value seen = in.column("state/swa-count");
    Value more = F.add(seen, 1);
    b.state("state/swa-count", F.select(counts, more, seen));
    old.forEach(
        (name, a) -> {
          Value share = F.div(F.sub(next.get(name), a), Inputs.ranked(more, a.shape().rank()));
          b.state("average/" + name, held(counts, F.add(a, share), a));
        });
  }

  /** Advances the kept perturbation, and the batch after the last replay. */
  private void replay(Value gradient, Value active) {
    Method.Replay how = setup.method().replay().orElseThrow();
    Value delta = in.batch("state/delta");
    int rank = delta.shape().rank();
    Value moved = F.add(in.batch("batch/x"), delta);
    Box box = setup.box();
    Value g = gradient;
    if (box.isBounded()) { // clipped values have no gradient
      Value low = F.constant(moved, box.lower());
      Value high = F.constant(moved, box.upper());
      Value inside = F.and(F.le(low, moved), F.le(moved, high));
      g = F.select(inside, gradient, F.constant(gradient, 0));
    }
    Pgd climb = new Pgd(1, 1, false);
    Value zero = F.constant(delta, 0);
    Value size = Inputs.ranked(in.column("attack/step-size"), rank);
    Value epsilon = Inputs.ranked(in.column("attack/epsilon"), rank);
    Problem ascent =
        Problem.along(new Threat(how.norm(), Box.NONE), zero, epsilon, g).withLength(size);
    Value next = climb.step(ascent, AttackState.of(delta)).x();
    b.state("state/delta", held(active, next, delta));

    Value done = in.counter("replay");
    Value batch = in.counter("batch");
    Value pass = in.counter("pass");
    Value one = F.constant(done, 1);
    Value none = F.constant(done, 0);
    Value last = F.eq(F.add(done, one), F.constant(done, how.times()));
    Value wraps = F.eq(F.add(batch, one), F.constant(batch, setup.stepsPerEpoch()));
    Value turn = F.and(active, last);
    b.state("count/replay", F.select(active, F.select(last, none, F.add(done, one)), done));
    b.state("count/batch", F.select(turn, F.select(wraps, none, F.add(batch, one)), batch));
    b.state("count/pass", F.select(F.and(turn, wraps), F.add(pass, one), pass));
  }
}
