// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
  private static final double DECAY = 0.98;
  private static final double MEAN = 0.9;
  private static final double SQUARE = 0.999;

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
    private final Region region;
    private final Value logits;
    private final List<Value> starts = new ArrayList<>();

    Traced(String name, int rows) {
      b = Program.builder(name);
      Map<String, Value> p = setup.networks().network().declare(b, "param/", models, DType.F64);
      Shape shape = setup.networks().network().input().insert(0, rows).insert(0, models);
      Value x = b.input("slot/x", f64(shape));
      Value epsilon = b.input("slot/epsilon", f64(SearchWork.ones(shape)));
      region = Region.of(x, epsilon, setup.norm(), setup.box());
      logits = Reform.of(setup.networks().network().apply(p, x), x);
      Ibp.propagate(logits, region, true, (bounds, source) -> starts.add(source));
    }

    /** Returns bounds up to a value, which take the sides of the starts from inputs. */
    LinearBounds bounds(Value y) {
      return Ibp.propagate(
          y,
          region,
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
        Ibp.propagate(y, t.region, true, (b, source) -> before.add(t.starts.indexOf(source)));
    Shape units = y.shape().remove(0).remove(0);
    return new Start(units, Crown.bendsBelow(bounds, y), before);
  }

  /** Traces CROWN's sides of every start and its margins, with which the ascent begins. */
  Program root(int samples) {
    Traced t = new Traced("alpha-crown-root", samples);
    List<Interval> sides = new ArrayList<>();
    LinearBounds bounds =
        Ibp.propagate(
            t.logits,
            t.region,
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

    /** Types of the slopes. */
    private final List<TensorType> slopes;

    /**
     * @param start number of the start, that of the margins being the number of starts
     */
    Rows(int start, int rows) {
      this.start = start;
      this.rows = rows;
      Traced t = new Traced("slopes", rows);
      Value y = of(t);
      this.slopes = bends(y, t.bounds(y)).stream().map(Value::type).toList();
    }

    /** A bound of each row, and the slopes it depends on by name. */
    private record Bound(Value lower, Map<String, Value> slopes, LinearBounds bounds) {}

    private Value of(Traced t) {
      return start < t.starts.size() ? t.starts.get(start) : t.logits;
    }

    /**
     * @param prefix of the names of slopes
     */
    private Bound bound(Traced t, String prefix) {
      Value y = of(t);
      LinearBounds bounds = t.bounds(y);
      Map<String, Value> slopes = new LinkedHashMap<>();
      for (Value v : bends(y, bounds)) {
        Value slope = t.b.input("slot/" + prefix + "-" + slopes.size(), v.type());
        bounds.choose(v, slope);
        slopes.put(prefix + "-" + slopes.size(), slope);
      }
      Value lower = bounds.lower(y, objective(t.b, y, start == t.starts.size()), Set.of());
      return new Bound(F.reshape(lower, Shape.of(models, rows)), slopes, bounds);
    }

    private List<Value> bends(Value y, LinearBounds bounds) {
      return Program.topological(List.of(y)).stream()
          .filter(v -> v != y && bounds.bends(v) && v.op().choosesSlope())
          .toList();
    }

    /** Returns the coefficients of each row's number, [M, 1, B, units...]. */
    private Value objective(Program.Builder b, Value y, boolean margins) {
      int n = Math.toIntExact(y.shape().size() / models / rows);
      Value own = oneHot(b, "slot/unit", n);
      Value a;
      if (margins) {
        a = F.sub(oneHot(b, "slot/label", n), own);
      } else {
        Value sign = b.input("slot/sign", f64(Shape.of(models, rows)));
        a = F.mul(own, F.reshape(sign, Shape.of(models, rows, 1)));
      }
      return F.reshape(a, y.shape().insert(1, 1));
    }

    private Value oneHot(Program.Builder b, String name, int n) {
      Value index = b.input(name, new TensorType(DType.I32, Shape.of(models, rows)));
      return F.oneHot(index, n, DType.F64);
    }

    /** Traces the state with which rows begin: CROWN's slopes, the one nearer to the chord. */
    Program begin() {
      Traced t = new Traced("alpha-crown-begin", rows);
      Value y = of(t);
      LinearBounds bounds = t.bounds(y);
      Shape slots = Shape.of(models, rows);
      int i = 0;
      for (Value v : bends(y, bounds)) {
        Interval x = bounds.known(v.input(0));
        Value zero = F.constant(x.lower(), 0);
        Value one = F.constant(x.lower(), 1);
        Value slope = F.select(F.ge(x.upper(), F.neg(x.lower())), one, zero);
        t.b.output("slot/slope-" + i, slope);
        t.b.output("slot/best-" + i, F.add(slope, 0));
        t.b.output("slot/mean-" + i, F.fill(DType.F64, v.shape(), 0));
        t.b.output("slot/square-" + i, F.fill(DType.F64, v.shape(), 0));
        i++;
      }
      t.b.output("slot/highest", F.fill(DType.F64, slots, Double.NEGATIVE_INFINITY));
      t.b.output("slot/steps", F.fill(DType.F64, slots, 0));
      return t.b.build();
    }

    /** Traces the bound of each row at its slopes, and the bound's gradient. */
    Program gradient() {
      Traced t = new Traced("alpha-crown-gradient", rows);
      Bound bound = bound(t, "slope");
      List<Value> of = List.copyOf(bound.slopes().values());
      List<Value> gradients = Diff.grad(bound.lower(), of);
      for (int i = 0; i < of.size(); i++) {
        t.b.output("slot/gradient-" + i, gradients.get(i));
      }
      return t.b.output("slot/bound", bound.lower()).build();
    }

    /** Returns the names of the inputs of {@link #gradient} that change from step to step. */
    Set<String> varying() {
      Set<String> names = new TreeSet<>();
      for (int i = 0; i < slopes.size(); i++) {
        names.add("slot/slope-" + i);
      }
      return names;
    }

    /** Traces a step of Adam upward, which keeps the best slopes so far. */
    Program step() {
      Program.Builder b = Program.builder("alpha-crown-step");
      Shape slots = Shape.of(models, rows);
      Value bound = b.input("slot/bound", f64(slots));
      Value highest = b.input("slot/highest", f64(slots));
      Value steps = b.input("slot/steps", f64(slots));
      Value better = F.gt(bound, highest);
      Value next = F.add(steps, 1);
      Value rate = F.mul(F.exp(F.mul(steps, Math.log(DECAY))), RATE);
      Value meanScale = corrected(next, MEAN);
      Value squareScale = corrected(next, SQUARE);
      for (int i = 0; i < slopes.size(); i++) {
        TensorType type = slopes.get(i);
        Value slope = b.input("slot/slope-" + i, type);
        Value best = b.input("slot/best-" + i, type);
        Value g = b.input("slot/gradient-" + i, type);
        Value mean = average(b.input("slot/mean-" + i, type), g, MEAN);
        Value square = average(b.input("slot/square-" + i, type), F.square(g), SQUARE);
        Value length = F.add(F.sqrt(F.mul(square, like(squareScale, square))), 1e-12);
        Value move = F.div(F.mul(mean, like(F.mul(rate, meanScale), mean)), length);
        b.state("slot/slope-" + i, F.clamp(F.add(slope, move), 0, 1));
        b.state("slot/mean-" + i, mean);
        b.state("slot/square-" + i, square);
        b.state("slot/best-" + i, F.select(like(better, slope), slope, best));
      }
      b.state("slot/highest", F.select(better, bound, highest));
      return b.state("slot/steps", next).build();
    }

    private Value average(Value old, Value now, double keep) {
      return F.add(F.mul(old, keep), F.mul(now, 1 - keep));
    }

    /** Returns 1 / (1 - keep^n). */
    private Value corrected(Value n, double keep) {
      Value power = F.exp(F.mul(n, Math.log(keep)));
      return F.div(F.constant(n, 1), F.sub(F.constant(n, 1), power));
    }

    private Value like(Value slots, Value v) {
      return F.broadcast(F.reshape(slots, SearchWork.ones(v.shape())), v.shape());
    }

    /** Traces the bound that counts, at the best slopes found. */
    Program judge() {
      Traced t = new Traced("alpha-crown-judge", rows);
      Bound bound = bound(t, "best");
      t.b.output("slot/judged", bound.lower());
      return over(t.b, rows);
    }
  }
}
