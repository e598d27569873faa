// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.diff.Single;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.queue.Slots;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;

/**
 * Programs of the rows of one start. A row is a lower bound of one number over a cell of one
 * region, with lower slopes and multipliers of its own. They climb in F32, since any will do; the
 * bound that counts is judged in F64 with rounding enclosed.
 */
final class RowPrograms {
  /** Stage of a slot that has its result. */
  static final int OVER = 2;

  /** Most values that a cell restricts. */
  static final int DEPTH = 48;

  private static final double RATE = 0.2;
  private static final double BETA_RATE = 1;

  private static final double HULL_RATE = 0.1;

  /** Most that a level or a tilt of a hull is off 0: shares have ended in 0 and 1 long before. */
  private static final double FAR = 4;

  /** What a row chose besides multipliers, where its hull is more than slopes. */
  static final String CHOSEN = "chosen";

  /** Most that a multiplier becomes. */
  private static final double MOST = 1e6;

  final Stage.Setup setup;
  final int number;
  final Start start;
  final boolean margins;
  final boolean reads;
  final boolean cuts;
  final boolean cells;
  final Optional<Hull.Affine> hull;
  private final Branching branching;
  final Lanes slots;
  private final List<Climb.Variable> variables = new ArrayList<>();

  /**
   * @param number of the start; that after all others is the logits
   * @param cells whether rows may be over cells; else they are over whole regions, and get the bits
   *     that they would get beside cells
   */
  RowPrograms(
      Bounder.Plan plan, int number, Start start, boolean margins, boolean cells, Lanes slots) {
    this.setup = plan.setup();
    this.number = number;
    this.start = start;
    this.margins = margins;
    this.reads = margins && plan.reads();
    this.cuts = plan.cuts();
    this.cells = cells;
    this.branching = plan.branching();
    this.slots = slots;
    this.hull = start.hull();
    if (climbs()) {
      variables.add(new Climb.Variable("slopes", slots.f32(start.width()), 0, 1, RATE));
      if (cells) {
        variables.add(new Climb.Variable("multipliers", slots.f32(DEPTH), 0, MOST, BETA_RATE));
      }
      hull.ifPresent(
          h ->
              variables.add(
                  new Climb.Variable("hull", slots.f32(h.numbers()), -FAR, FAR, HULL_RATE)));
    }
  }

  /** Returns whether a row has slopes to choose. */
  boolean climbs() {
    return start.width() > 0;
  }

  /** Traces the state with which rows begin: numbers given, or CROWN's slopes. */
  Program begin() {
    RowBound bound = new RowBound(this, "row-begin", null, false);
    Program.Builder b = bound.t.b;
    List<Value> own = new ArrayList<>();
    for (Value v : bound.bends) {
      Value slope = nearer(bound.bounds.known(v.input(0)));
      own.add(F.reshape(F.cast(slope, DType.F32), flat(v)));
    }
    Value fresh = b.input(slots.name("fresh"), new TensorType(DType.I32, slots.shape()));
    Value takes = F.eq(fresh, F.constant(fresh, 1));
    Value takesOwn = F.reshape(takes, slots.shape().insert(2, 1));
    Value all = b.input(slots.name("given-slopes"), slots.f32(start.numbers()));
    Value slopes = hull.isPresent() ? F.slice(all, 2, 0, start.width()) : all;
    Value wide = F.broadcast(takesOwn, slopes.shape());
    List<Value> at = new ArrayList<>(List.of(F.select(wide, F.concat(2, own), slopes)));
    if (cells) {
      Value given = b.input(slots.name("given-multipliers"), slots.f32(DEPTH));
      Value begins = F.broadcast(takesOwn, given.shape());
      at.add(F.select(begins, F.constant(given, 0), given));
    }
    hull.ifPresent(h -> at.add(begins(bound, h, takesOwn, all)));
    Climb.begin(b, slots, variables, at);
    return b.build();
  }

  /** Returns numbers of hulls: those given, or chords. */
  private Value begins(RowBound bound, Hull.Affine h, Value fresh, Value all) {
    Value v = bound.hulled();
    Interval z = bound.bounds.known(v.input(0));
    Value chord = F.cast(v.op().relax(v, List.of(z)).get(0).upperSlope(), DType.F32);
    Value even = F.fill(DType.F32, slots.f32(h.inputs()).shape(), 0);
    Value chords = F.concat(2, List.of(F.reshape(chord, flat(v)), even));
    Value given = F.slice(all, 2, start.width(), start.numbers());
    return F.select(F.broadcast(fresh, given.shape()), chords, given);
  }

  /** Traces which units have hulls: those that lose most by their chords as the ascent begins. */
  Program pick() {
    RowBound bound = new RowBound(this, "row-pick", "", false, false, Optional.empty());
    bound.bounds.lower(bound.y, bound.objective(), bound.inputs(), Set.of());
    Value v = bound.affine();
    Value a = F.reshape(bound.bounds.coefficients(v), v.shape());
    Lines lines = v.op().relax(v, List.of(bound.bounds.known(v.input(0)))).get(0);
    Value lost = F.mul(F.relu(F.neg(a)), lines.upperIntercept());
    bound.t.b.output(slots.name(RowBound.PICKED), F.topK(lost, hull.get().picked()));
    return single(bound.t.b.build());
  }

  private Shape flat(Value v) {
    return slots.shape().insert(2, Math.toIntExact(v.shape().size() / slots.shape().size()));
  }

  /** Traces the bound of each row, and its gradient, in F32. */
  Program gradient() {
    RowBound bound = new RowBound(this, "row-gradient", "", false);
    Value lower = bound.lower();
    Program.Builder b = bound.t.b;
    if (start.cuts()) {
      cutGradient(bound, lower);
    } else {
      List<Value> moved = new ArrayList<>(bound.slopes);
      moved.addAll(cells ? bound.multipliers : List.of());
      moved.addAll(hull.isPresent() ? List.of(bound.hulls) : List.of());
      List<Value> g = Diff.grad(lower, moved).stream().map(v -> F.reshape(v, flat(v))).toList();
      int n = bound.bends.size();
      b.output(slots.name("gradient-slopes"), F.concat(2, g.subList(0, n)));
      if (cells) {
        Value split = F.cast(bound.split, DType.F64);
        Value own = F.takeAlong(F.concat(2, g.subList(n, 2 * n)), bound.at);
        Value none = F.constant(split, 0);
        b.output(slots.name("gradient-multipliers"), F.select(F.ne(split, none), own, none));
      }
      hull.ifPresent(h -> b.output(slots.name("gradient-hull"), g.get(g.size() - 1)));
    }
    b.output(slots.name("bound"), lower);
    return single(b.build());
  }

  /** Traces the gradient where some bends have no slopes, and share their list of multipliers. */
  private void cutGradient(RowBound bound, Value lower) {
    List<Value> moved = new ArrayList<>(bound.slopes.stream().filter(Objects::nonNull).toList());
    moved.add(bound.numbers);
    List<Value> g = Diff.grad(lower, moved);
    List<Value> slopes = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < bound.bends.size(); i++) {
      Value v = bound.bends.get(i);
      Value none = F.fill(DType.F64, v.shape(), 0);
      Value own = bound.slopes.get(i) == null ? none : g.get(next++);
      slopes.add(F.reshape(own, flat(v)));
    }
    bound.t.b.output(slots.name("gradient-slopes"), F.concat(2, slopes));
    Value none = F.constant(bound.split, 0);
    Value multipliers = F.select(F.ne(bound.split, none), g.get(g.size() - 1), none);
    bound.t.b.output(slots.name("gradient-multipliers"), multipliers);
  }

  /** Prefix of the parameters in F32. */
  static final String SINGLE = "single/";

  /** Returns the names of the inputs of {@link #gradient} that change from step to step. */
  Set<String> varying() {
    return variables.stream().map(v -> slots.name(v.name())).collect(Collectors.toSet());
  }

  /** Traces a step upward, which keeps the best numbers so far. */
  Program step() {
    return Climb.step(variables, slots);
  }

  /**
   * Traces the bound that counts, at the best numbers found; where to split, the element of all
   * bent values in a row that loses most by its upper line; and of margins the row's number at the
   * corner that the bound points to.
   */
  Program judge() {
    RowBound bound = new RowBound(this, "row-judge", "best-", true);
    Value objective = bound.objective();
    Value inputs = bound.inputs();
    Value all = bound.bounds.lower(bound.y, objective, inputs, Set.of());
    Value lower = F.reshape(all, slots.shape());
    Program.Builder b = bound.t.b;
    if (margins) {
      Value constant = bound.constant();
      b.output(slots.name("judged"), Outward.down(F.add(lower, constant)));
      corner(bound, objective, inputs, constant);
    } else {
      b.output(slots.name("judged"), lower);
    }
    if (climbs()) {
      branch(bound);
    }
    hull.ifPresent(h -> b.output(slots.name(CHOSEN), F.concat(2, bound.chosen)));
    return over(b, slots);
  }

  private void branch(RowBound bound) {
    Program.Builder b = bound.t.b;
    Value lowest = hull.isPresent() && margins ? lowest(bound) : null;
    Branches all =
        new Branches(start, bound.bends, bound.bounds, bound.slopes, bound.signs, lowest);
    Value scores = all.scores(branching);
    Value best = F.reshape(F.argMax(scores, 2), slots.shape().insert(2, 1));
    b.output(slots.name("branch"), F.reshape(best, slots.shape()));
    b.output(slots.name("score"), F.reshape(F.max(scores, 2), slots.shape()));
    Value points = start.cuts() ? all.points() : null;
    if (points != null) {
      b.output(slots.name("cut"), F.reshape(F.takeAlong(points, best), slots.shape()));
    }
    if (looksAhead()) {
      List<Value> orders = List.of(scores, all.scores(Branching.INTERCEPT));
      new Lookahead(slots).begin(b, scores, orders, points);
    }
  }

  /** Returns whether the branch is chosen by bounds of both its halves. */
  boolean looksAhead() {
    return margins && climbs() && branching == Branching.KFSB;
  }

  /** Traces the bound of a half of a candidate, in F32. */
  Program child() {
    RowBound bound = new RowBound(this, "row-child", "best-", false, true, hull);
    bound.t.b.output(slots.name("child"), bound.lower());
    return single(bound.t.b.build());
  }

  private static Program single(Program p) {
    return Single.of(p, name -> name.startsWith("param/") ? name.replace("param/", SINGLE) : null);
  }

  static Program over(Program.Builder b, Lanes slots) {
    Value stage = b.input(slots.name("stage"), new TensorType(DType.I32, slots.shape()));
    Value runs = Slots.at(stage, Slots.RUNNING);
    return b.state(slots.name("stage"), F.select(runs, F.constant(stage, OVER), stage)).build();
  }

  private void corner(RowBound bound, Value objective, Value inputs, Value constant) {
    Value x = lowest(bound);
    Value logits = bound.t.network(x);
    Value value = summed(F.mul(F.reshape(objective, logits.shape()), logits));
    if (inputs != null) {
      value = F.add(value, summed(F.mul(F.reshape(inputs, x.shape()), x)));
    }
    bound.t.b.output(slots.name("value"), F.add(value, constant));
    bound.t.b.output(slots.name("corner"), x);
  }

  /** Returns the point that the bound points to. */
  private static Value lowest(RowBound bound) {
    Region r = bound.t.region;
    return farthest(r, F.reshape(bound.bounds.coefficients(r.x()), r.x().shape()));
  }

  private Value summed(Value v) {
    return F.reshape(F.sum(v, IntStream.range(2, v.shape().rank()).toArray()), slots.shape());
  }

  /** Returns the point of a region where a linear function is least; the box may cut it short. */
  private static Value farthest(Region r, Value a) {
    if (r.norm() == Norm.LINF) {
      return F.select(F.gt(a, F.constant(a, 0)), r.sides().lower(), r.sides().upper());
    }
    int[] features = IntStream.range(2, a.shape().rank()).toArray();
    Value length =
        F.maximum(
            F.sqrt(F.sum(F.square(a), features)), F.fill(DType.F64, r.epsilon().shape(), 1e-300));
    Value moved = F.sub(r.x(), F.mul(a, F.div(r.epsilon(), length)));
    return F.minimum(F.maximum(moved, r.sides().lower()), r.sides().upper());
  }

  /** Returns the slope of zero and one that is nearer to the chord's. */
  private static Value nearer(Interval x) {
    Value one = F.constant(x.lower(), 1);
    return F.select(F.ge(x.upper(), F.neg(x.lower())), one, F.constant(x.lower(), 0));
  }
}
