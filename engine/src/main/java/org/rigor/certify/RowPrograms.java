// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.rigor.diff.Diff;
import org.rigor.ir.Interval;
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
 * Programs of alpha-CROWN. A row is a lower bound of one number, a unit, a negated unit or a
 * margin, over one sample's region, with lower slopes of its own; B rows of each of M networks
 * stand side by side. Sides of the layers before are inputs: rows of one layer tighten those of the
 * next.
 */
final class RowPrograms {
  /** Stage of a slot that has its result. */
  static final int OVER = 2;

  private static final double RATE = 0.2;
  private static final double BETA_RATE = 1;

  /** Weight of a split that is better than none. */
  private static final double LAST = 1e-3;

  /** Most that a multiplier becomes. */
  private static final double MOST = 1e6;

  private final Stage.Setup setup;
  private final int models;

  RowPrograms(Stage.Setup setup) {
    this.setup = setup;
    this.models = setup.networks().count();
  }

  /**
   * A value whose sides backward bounds refine.
   *
   * @param units its shape without models and samples
   * @param bent whether a nonlinear operation comes before it, so that slopes can be chosen
   * @param before numbers of the starts that its own bounds depend on
   */
  record Start(Shape units, boolean bent, Set<Integer> before) {
    int size() {
      return Math.toIntExact(units.size());
    }
  }

  /** A network traced over the regions of B samples. */
  private final class Traced {
    private final Program.Builder b;
    private final Map<String, Value> p;
    private final Region region;
    private final Value logits;
    private final List<Value> starts = new ArrayList<>();

    Traced(String name, int rows) {
      b = Program.builder(name);
      p = setup.networks().network().declare(b, "param/", models, DType.F64);
      Shape shape = setup.networks().network().input().insert(0, rows).insert(0, models);
      Value x = b.input("slot/x", f64(shape));
      Value epsilon = b.input("slot/epsilon", f64(SearchWork.ones(shape)));
      region = Region.of(x, epsilon, setup.norm(), setup.box());
      logits = Reform.of(network(x), x);
      Ibp.propagate(new LinearBounds(region), logits, true, (bounds, source) -> starts.add(source));
    }

    Value network(Value x) {
      return setup.networks().network().apply(p, x);
    }

    /** Returns bounds up to a value, which take the sides of the starts from inputs. */
    LinearBounds bounds(LinearBounds own, Value y) {
      return Ibp.propagate(
          own,
          y,
          true,
          (bounds, source) -> {
            int j = starts.indexOf(source);
            Value lower = b.input("slot/lower-" + j, source.type());
            Value upper = b.input("slot/upper-" + j, source.type());
            Interval old = bounds.known(source);
            bounds.refine(
                source,
                new Interval(
                    Outward.higher(old.lower(), lower), Outward.lower(old.upper(), upper)));
          });
    }
  }

  private static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  /** Returns the starts in topological order; the logits are not among them. */
  List<Start> starts() {
    Traced t = new Traced("starts", 1);
    List<Start> starts = new ArrayList<>();
    for (Value y : t.starts) {
      starts.add(start(t, y));
    }
    return starts;
  }

  /** Returns the logits as the start of margins. */
  Start margins() {
    Traced t = new Traced("margins", 1);
    return start(t, t.logits);
  }

  private static Start start(Traced t, Value y) {
    Set<Integer> before = new TreeSet<>();
    LinearBounds bounds =
        Ibp.propagate(
            new LinearBounds(t.region),
            y,
            true,
            (b, source) -> before.add(t.starts.indexOf(source)));
    Shape units = y.shape().remove(0).remove(0);
    return new Start(units, Crown.bendsBelow(bounds, y), before);
  }

  /** Traces CROWN's sides of every start and its margins, with which the ascent begins. */
  Program root(int samples) {
    Traced t = new Traced("alpha-crown-root", samples);
    List<Interval> sides = new ArrayList<>();
    LinearBounds bounds =
        Ibp.propagate(
            new LinearBounds(t.region),
            t.logits,
            true,
            (b, source) -> {
              Crown.refine(b, source);
              sides.add(b.known(source));
            });
    for (int j = 0; j < sides.size(); j++) {
      t.b.output("slot/lower-" + j, sides.get(j).lower());
      t.b.output("slot/upper-" + j, sides.get(j).upper());
    }
    int classes = setup.networks().network().outputs();
    Value y = t.b.input("slot/label", new TensorType(DType.I32, Shape.of(models, samples)));
    Value spec = Ibp.specification(F.oneHot(y, classes, DType.F64));
    Value linear = bounds.lower(t.logits, spec, Set.of());
    Value all = Outward.higher(linear, Ibp.margins(bounds, t.logits, spec)); // [M, K, B, 1]
    Value flat = F.reshape(all, all.shape().remove(3));
    t.b.output("slot/margins", F.transpose(flat, List.of(0, 2, 1)));
    return over(t.b, samples);
  }

  private Program over(Program.Builder b, int slots) {
    Value stage = b.input("slot/stage", new TensorType(DType.I32, Shape.of(models, slots)));
    Value runs = Slots.at(stage, Slots.RUNNING);
    return b.state("slot/stage", F.select(runs, F.constant(stage, OVER), stage)).build();
  }

  /** Rows of one start, as traced. */
  final class Rows {
    private final int start;
    private final int rows;
    private final boolean cells;
    private final List<Climb.Variable> variables = new ArrayList<>();

    /** Shapes of the values that can be split, without models and rows. */
    private final List<Shape> bent = new ArrayList<>();

    /**
     * @param start number of the start, that of the margins being the number of starts
     * @param cells whether each row has a cell of its own: signs of bent values, {@code
     *     slot/split-i}, with a multiplier each
     */
    Rows(int start, int rows, boolean cells) {
      this.start = start;
      this.rows = rows;
      this.cells = cells;
      for (Value v : bends(new Traced("bends", rows))) {
        int i = bent.size();
        bent.add(v.shape().remove(0).remove(0));
        variables.add(new Climb.Variable("slope-" + i, "best-slope-" + i, v.type(), 0, 1, RATE));
        if (cells) {
          variables.add(
              new Climb.Variable("beta-" + i, "best-beta-" + i, v.type(), 0, MOST, BETA_RATE));
        }
      }
    }

    List<Shape> bent() {
      return bent;
    }

    private Value of(Traced t) {
      return start < t.starts.size() ? t.starts.get(start) : t.logits;
    }

    /** Returns the operations before the start whose lower slopes are free. */
    private List<Value> bends(Traced t) {
      Value y = of(t);
      LinearBounds dry = Ibp.propagate(new LinearBounds(t.region), y, true, (bounds, source) -> {});
      return Program.topological(List.of(y)).stream()
          .filter(v -> v != y && dry.bends(v) && v.op().choosesSlope())
          .toList();
    }

    /** Bounds of the rows, and what they depend on besides sides. */
    private final class Bound {
      private final Traced t;
      private final List<Value> bends;
      private final LinearBounds bounds;
      private final List<Value> moved = new ArrayList<>();
      private final List<Value> signs = new ArrayList<>();

      /**
       * Traces the sides.
       *
       * @param name gives the input of a variable; null for zeros, where only sides are wanted
       */
      Bound(String program, Function<Climb.Variable, String> name) {
        t = new Traced(program, rows);
        bends = bends(t);
        LinearBounds own = new LinearBounds(t.region);
        for (Climb.Variable v : variables) {
          moved.add(name == null ? zeros(v.type()) : t.b.input("slot/" + name.apply(v), v.type()));
        }
        int each = cells ? 2 : 1;
        for (int i = 0; i < bends.size(); i++) {
          Value v = bends.get(i);
          own.choose(v, moved.get(i * each));
          if (cells) {
            signs.add(t.b.input("slot/split-" + i, v.type()));
            own.split(v.input(0), Split.of(signs.get(i), moved.get(i * each + 1)));
          }
        }
        bounds = t.bounds(own, of(t));
      }

      Value objective() {
        return RowPrograms.this.objective(t.b, of(t), rows, start == t.starts.size());
      }

      Value lower(Value objective) {
        Value lower = bounds.lower(of(t), objective, Set.of());
        return F.reshape(lower, Shape.of(models, rows));
      }
    }

    /** Traces the state with which rows begin: CROWN's slopes, and no multipliers. */
    Program begin() {
      Bound bound = new Bound("alpha-crown-begin", null);
      Program.Builder b = bound.t.b;
      int i = 0;
      for (Climb.Variable v : variables) {
        boolean slope = v.name().startsWith("slope");
        Value first =
            slope ? nearer(bound.bounds.known(bound.bends.get(i++).input(0))) : zeros(v.type());
        b.output("slot/" + v.name(), first);
        b.output("slot/" + v.best(), F.add(first, 0));
        b.output("slot/mean-" + v.name(), zeros(v.type()));
        b.output("slot/square-" + v.name(), zeros(v.type()));
      }
      Climb.begin(b, Shape.of(models, rows));
      return b.build();
    }

    /** Traces the bound of each row, and its gradient. */
    Program gradient() {
      Bound bound = new Bound("alpha-crown-gradient", Climb.Variable::name);
      Value lower = bound.lower(bound.objective());
      List<Value> gradients = Diff.grad(lower, bound.moved);
      for (int i = 0; i < variables.size(); i++) {
        bound.t.b.output("slot/gradient-" + variables.get(i).name(), gradients.get(i));
      }
      return bound.t.b.output("slot/bound", lower).build();
    }

    /** Returns the names of the inputs of {@link #gradient} that change from step to step. */
    Set<String> varying() {
      return variables.stream().map(v -> "slot/" + v.name()).collect(Collectors.toSet());
    }

    /** Traces a step upward, which keeps the best numbers so far. */
    Program step() {
      return Climb.step(variables, Shape.of(models, rows));
    }

    /**
     * Traces the bound that counts, at the best numbers found. In cells also where to split, the
     * element of all bent values in a row that loses most by its upper line, and the margin at the
     * corner that the bound points to.
     */
    Program judge() {
      Bound bound = new Bound("alpha-crown-judge", Climb.Variable::best);
      Value objective = bound.objective();
      Value lower = bound.lower(objective);
      Program.Builder b = bound.t.b;
      b.output("slot/judged", lower);
      if (cells) {
        Value scores = F.concat(2, scores(bound));
        Shape slots = Shape.of(models, rows);
        b.output("slot/branch", F.reshape(F.argMax(scores, 2), slots));
        b.output("slot/score", F.reshape(F.max(scores, 2), slots));
        b.output("slot/value", corner(bound, objective));
      }
      return over(b, rows);
    }

    private List<Value> scores(Bound bound) {
      List<Value> scores = new ArrayList<>();
      for (int i = 0; i < bound.bends.size(); i++) {
        Value v = bound.bends.get(i);
        Interval x = bound.bounds.known(v.input(0));
        List<Interval> in = List.of(x);
        Value gap = v.op().relax(v, in, bound.moved.get(2 * i)).get(0).upperIntercept();
        Value a = F.reshape(bound.bounds.coefficients(v), v.shape());
        Value zero = F.constant(a, 0);
        Value loses = F.mul(F.maximum(F.neg(a), zero), gap);
        // where no upper line loses anything, lower lines do: the widest of them
        Value width = F.minimum(F.neg(x.lower()), x.upper());
        Value last = F.mul(F.mul(F.add(F.abs(a), LAST), width), LAST);
        Value free = F.eq(bound.signs.get(i), zero);
        Value open = F.and(free, F.and(F.lt(x.lower(), zero), F.gt(x.upper(), zero)));
        Value score = F.select(open, F.add(loses, last), F.constant(a, -1));
        scores.add(F.reshape(score, Shape.of(models, rows, Math.toIntExact(bent.get(i).size()))));
      }
      return scores;
    }

    private Value corner(Bound bound, Value objective) {
      Region r = bound.t.region;
      Value a = F.reshape(bound.bounds.coefficients(r.x()), r.x().shape());
      Value x = farthest(r, a);
      Value logits = bound.t.network(x);
      Value rowsOf = F.reshape(objective, logits.shape());
      return F.reshape(F.sum(F.mul(rowsOf, logits), 2), Shape.of(models, rows));
    }
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

  /** Returns the coefficients of each row's number, [M, 1, B, units...]. */
  private Value objective(Program.Builder b, Value y, int rows, boolean margins) {
    int n = Math.toIntExact(y.shape().size() / models / rows);
    Value own = oneHot(b, "slot/unit", rows, n);
    Value a;
    if (margins) {
      a = F.sub(oneHot(b, "slot/label", rows, n), own);
    } else {
      Value sign = b.input("slot/sign", f64(Shape.of(models, rows)));
      a = F.mul(own, F.reshape(sign, Shape.of(models, rows, 1)));
    }
    return F.reshape(a, y.shape().insert(1, 1));
  }

  private Value oneHot(Program.Builder b, String name, int rows, int n) {
    Value index = b.input(name, new TensorType(DType.I32, Shape.of(models, rows)));
    return F.oneHot(index, n, DType.F64);
  }

  private static Value zeros(TensorType type) {
    return F.fill(type.dtype(), type.shape(), 0);
  }

  /** Returns the slope of zero and one that is nearer to the chord's. */
  private static Value nearer(Interval x) {
    Value one = F.constant(x.lower(), 1);
    return F.select(F.ge(x.upper(), F.neg(x.lower())), one, F.constant(x.lower(), 0));
  }
}
