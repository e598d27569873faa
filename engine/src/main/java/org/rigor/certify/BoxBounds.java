// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.rigor.data.Box;
import org.rigor.exec.Download;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * CROWN bounds of rows on many boxes in one pass, in real arithmetic with rounding enclosed, for a
 * search that halves boxes of inputs; where that is not enough, the slopes of single rows ascend.
 * Cheaper than a {@link Verifier}, which ascends for the sides of hidden units too.
 */
public final class BoxBounds implements AutoCloseable {
  private static final int CPU_BOXES = 64;
  private static final int GPU_BOXES = 1 << 12;
  private static final long LARGEST = 1L << 27;

  /** Steps of an ascent. */
  private static final int STEPS = 6;

  /** Regions that ascend at a time, an eighth of the rows. */
  private static final int CPU_SLOTS = 8;

  private static final int GPU_SLOTS = 512;

  private final Models network;
  private final int inputs;
  private final int classes;
  private final int rows;
  private final Workspace space;
  private final RowTable<Row.Objective> table;
  private final Executable pass;
  private final int boxes;
  private final Bounder bounder;

  /** Boxes of the last pass, with the sides of what is hidden. */
  private final List<Site> sites = new ArrayList<>();

  /** Rows of problems as the pass has them, and as ascents do: each holds them in a table. */
  private final Map<Problem, Row.Objective[]> passing = new IdentityHashMap<>();

  private final Map<Problem, Row.Objective[]> climbing = new IdentityHashMap<>();

  /** Queries of the last pass. */
  private List<Query> asked = List.of();

  /** Rows of the last pass that ascended, by what was asked. */
  private final Map<Pick, Row> ascended = new HashMap<>();

  /**
   * A box and rows on it.
   *
   * @param lower [D]
   * @param upper [D]
   * @param rows of the problem that are asked for, at most as many as the bounds were made for
   */
  public record Query(double[] lower, double[] upper, Problem problem, int[] rows) {}

  /**
   * Bounds of the rows of a query.
   *
   * @param lower side of each row over the box; NaN where nothing is known
   * @param slopes coefficients of the inputs in the line below each row, [R][D]
   * @param values of each row at the centre of the box, with rounding
   */
  public record Answer(double[] lower, double[][] slopes, double[] values) {}

  /** A row of a query of the last {@link #run}, both by their place. */
  public record Pick(int query, int row) {}

  /**
   * @param network one model, which must stay open while this is used
   * @param rows most rows of a query
   * @param reads whether rows may read the input besides the logits
   */
  public BoxBounds(Models network, int rows, boolean reads) {
    if (network.count() != 1) {
      throw new IllegalArgumentException("boxes: need one model, got " + network.count());
    }
    this.network = network;
    this.inputs = Math.toIntExact(network.network().input().size());
    this.classes = network.network().outputs();
    this.rows = rows;
    this.space = new Workspace(network.device(), "boxes");
    try {
      network.share(space, DType.F64);
      int most = network.device().info().gpu() ? GPU_BOXES : CPU_BOXES;
      this.table = table(most * rows);
      table.buffers().forEach(space::share);
      this.pass = space.halving(this::pass, most, LARGEST);
      this.boxes = space.get("lower").type().shape().dim(1);
      int slots = network.device().info().gpu() ? GPU_SLOTS : CPU_SLOTS;
      Stage.Setup setup = new Stage.Setup(network, Box.NONE, Norm.LINF, slots);
      this.bounder = new Bounder(new Bounder.Plan(setup, STEPS, reads, false));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private RowTable<Row.Objective> table(int most) {
    Map<String, RowTable.Column<Row.Objective>> columns = new LinkedHashMap<>();
    columns.put("outputs", new RowTable.Column<>(Shape.of(classes), Row.Objective::outputs));
    columns.put("inputs", new RowTable.Column<>(Shape.of(inputs), Row.Objective::inputs));
    columns.put("constant", new RowTable.Column<>(Shape.of(), o -> new double[] {o.constant()}));
    return new RowTable<>(network.device(), 1, most, columns, Row.Objective::held);
  }

  /** Returns the number of boxes of a pass. */
  public int boxes() {
    return boxes;
  }

  /** Bounds at most {@link #boxes} queries; what one gets does not depend on the others. */
  public List<Answer> run(List<Query> queries) {
    int n = queries.size();
    double[] lower = new double[n * inputs];
    double[] upper = new double[n * inputs];
    int[] place = new int[n * rows];
    Arrays.fill(place, -1);
    table.begin();
    for (int i = 0; i < n; i++) {
      Query q = queries.get(i);
      System.arraycopy(q.lower, 0, lower, i * inputs, inputs);
      System.arraycopy(q.upper, 0, upper, i * inputs, inputs);
      for (int r = 0; r < q.rows.length; r++) {
        place[i * rows + r] = table.place(0, objective(passing, q, r));
      }
    }
    table.flush();
    space.get("lower").writeRows(HostTensor.of(Shape.of(1, n, inputs), lower));
    space.get("upper").writeRows(HostTensor.of(Shape.of(1, n, inputs), upper));
    space.get("rows").writeRows(HostTensor.of(Shape.of(1, n, rows), place));
    pass.run();
    Download arriving = space.get("bounds").downloadRows(n);
    Download lines = space.get("slopes").downloadRows(n);
    double[] values = space.get("values").downloadRows(n).get().doubles();
    double[] bounds = arriving.get().doubles();
    double[] slopes = lines.get().doubles();
    asked = List.copyOf(queries);
    sites.clear();
    ascended.values().forEach(r -> Row.Numbers.drop(r.found));
    ascended.clear();
    return IntStream.range(0, queries.size())
        .mapToObj(i -> answer(queries.get(i), i, bounds, slopes, values))
        .toList();
  }

  private Answer answer(Query q, int i, double[] bounds, double[] slopes, double[] values) {
    int n = q.rows.length;
    Answer a = new Answer(new double[n], new double[n][], new double[n]);
    for (int r = 0; r < n; r++) {
      int at = i * rows + r;
      a.lower[r] = bounds[at];
      a.slopes[r] = Arrays.copyOfRange(slopes, at * inputs, (at + 1) * inputs);
      a.values[r] = values[at];
    }
    return a;
  }

  /** Returns whether slopes can be chosen, so that an ascent may raise a bound. */
  public boolean climbs() {
    return bounder.start(bounder.margins()).width() > 0;
  }

  /**
   * Raises bounds of rows by an ascent of their slopes; what a row gets depends on it and its box
   * alone.
   *
   * @param keeps whether {@link #evidence} may be asked for afterwards
   * @return a lower side of each row over its box; NaN where nothing is known
   */
  public double[] raise(List<Pick> picks, boolean keeps) {
    takeSides();
    double[] bounds = new double[picks.size()];
    for (int first = 0; first < sites.size(); first += Bounder.SITES) {
      int end = Math.min(sites.size(), first + Bounder.SITES);
      List<Row> all = new ArrayList<>();
      List<Integer> places = new ArrayList<>();
      for (int i = 0; i < bounds.length; i++) {
        Pick pick = picks.get(i);
        if (first <= pick.query && pick.query < end) {
          places.add(i);
          Row.Objective own = objective(pick);
          all.add(Row.margin(0, pick.query - first, Row.Cell.WHOLE, own, null));
        }
      }
      bounder.load(List.of(sites.subList(first, end)));
      bounder.rows(bounder.margins(), all, keeps);
      for (int i = 0; i < all.size(); i++) {
        bounds[places.get(i)] = all.get(i).bound;
        if (keeps) {
          ascended.put(picks.get(places.get(i)), all.get(i));
        }
      }
    }
    return bounds;
  }

  /**
   * Returns how rows of a query are proved, each by the last bound that it was given: CROWN's, or
   * that of an ascent.
   */
  public Evidence evidence(int query, List<Pick> rows) {
    takeSides();
    Ledger ledger = new Ledger(bounder, sites.get(query));
    int[] clauses = IntStream.range(0, rows.size()).toArray();
    for (int c : clauses) {
      Row row = ascended.get(rows.get(c));
      Row.Numbers numbers = row == null ? null : row.found;
      ledger.proved(c, objective(rows.get(c)), List.of(new Ledger.Proof(Row.Cell.WHOLE, numbers)));
    }
    return ledger.evidence(clauses);
  }

  /** Returns the steps of ascent that {@link #raise} takes for each row. */
  public int steps() {
    return STEPS;
  }

  private Row.Objective objective(Pick pick) {
    return objective(climbing, asked.get(pick.query), pick.row);
  }

  /** Returns the coefficients of a row, one object for all boxes of its problem. */
  private static Row.Objective objective(Map<Problem, Row.Objective[]> all, Query q, int row) {
    Row.Objective[] own =
        all.computeIfAbsent(q.problem, p -> new Row.Objective[p.constants().length]);
    int r = q.rows[row];
    if (own[r] == null) {
      double[] reads = q.problem.readsInputs() ? q.problem.inputs()[r] : null;
      own[r] = new Row.Objective(q.problem.outputs()[r], reads, q.problem.constants()[r]);
    }
    return own[r];
  }

  private void takeSides() {
    if (!sites.isEmpty()) {
      return;
    }
    for (Query q : asked) {
      Site site = Site.of(q.lower, q.upper);
      site.lower = new double[bounder.margins()][];
      site.upper = new double[bounder.margins()][];
      sites.add(site);
    }
    for (int j = 0; j < bounder.margins(); j++) {
      int n = bounder.start(j).size();
      Download low = space.get("lower-" + j).downloadRows(sites.size());
      double[] upper = space.get("upper-" + j).downloadRows(sites.size()).get().doubles();
      double[] lower = low.get().doubles();
      for (int i = 0; i < sites.size(); i++) {
        sites.get(i).lower[j] = Arrays.copyOfRange(lower, i * n, (i + 1) * n);
        sites.get(i).upper[j] = Arrays.copyOfRange(upper, i * n, (i + 1) * n);
      }
    }
  }

  private Program pass(int batch) {
    Shape input = network.network().input();
    Program.Builder b = Program.builder("boxes-crown");
    var p = network.network().declare(b, "param/", 1, DType.F64);
    Value x = b.input("x", f64(input.insert(0, batch).insert(0, 1)));
    Value low = b.input("lower", f64(Shape.of(1, batch, inputs)));
    Value high = b.input("upper", f64(Shape.of(1, batch, inputs)));
    Interval sides = new Interval(F.reshape(low, x.shape()), F.reshape(high, x.shape()));
    Region region = new Region(x, null, Norm.LINF, sides);
    Value y = Reform.of(network.network().apply(p, x), x);
    LinearBounds bounds = new LinearBounds(region);
    List<Interval> hidden = new ArrayList<>();
    Ibp.propagate(
        bounds,
        y,
        affine -> true,
        (own, source) -> {
          own.visit(source);
          if (Crown.bendsBelow(own, source)) {
            refine(own, source);
          }
          hidden.add(own.known(source));
        });
    Value place = b.input("rows", new TensorType(DType.I32, Shape.of(1, batch, rows)));
    Value a = named(b, "outputs", place);
    Value ax = named(b, "inputs", place);
    Value lower =
        bounds.lower(
            y,
            F.reshape(a, y.shape().insert(1, rows)),
            F.reshape(ax, x.shape().insert(1, rows)),
            Set.of());
    Value lines = bounds.coefficients(x);
    Value constants = named(b, "constant", place);
    Value all = F.reshape(lower, constants.shape());
    b.output("bounds", F.transpose(Outward.down(F.add(all, constants)), List.of(0, 2, 1)));
    b.output("slopes", F.transpose(F.reshape(lines, ax.shape()), List.of(0, 2, 1, 3)));
    for (int j = 0; j < hidden.size(); j++) {
      b.output("lower-" + j, F.add(hidden.get(j).lower(), 0));
      b.output("upper-" + j, F.add(hidden.get(j).upper(), 0));
    }
    Value centre = F.add(F.mul(low, 0.5), F.mul(high, 0.5));
    Value logits = network.network().apply(p, F.reshape(centre, x.shape()));
    Value of = F.add(onEach(a, logits), onEach(ax, centre));
    Value values = F.add(F.reshape(of, constants.shape()), constants);
    b.output("values", F.transpose(values, List.of(0, 2, 1)));
    return b.build();
  }

  /** Traces what the table has of rows, [1, R, B, numbers...]. */
  private Value named(Program.Builder b, String column, Value place) {
    Value all = b.input(column, space.get(column).type());
    Shape each = all.shape().remove(0).remove(0);
    Value flat = F.gather(all, F.reshape(place, Shape.of(1, (int) place.shape().size())));
    Shape byBox = each.insert(0, rows).insert(0, place.shape().dim(1)).insert(0, 1);
    List<Integer> order = each.rank() == 0 ? List.of(0, 2, 1) : List.of(0, 2, 1, 3);
    return F.transpose(F.reshape(flat, byBox), order);
  }

  /**
   * Refines the sides of units that intervals leave with both signs. Those of others matter to
   * intervals alone, and who checks a proof does not bound them twice.
   */
  private static void refine(LinearBounds bounds, Value source) {
    Interval apart = bounds.known(source);
    Crown.refine(bounds, source);
    Interval both = bounds.known(source);
    Value zero = F.constant(apart.lower(), 0);
    Value open = F.and(F.lt(apart.lower(), zero), F.gt(apart.upper(), zero));
    bounds.refine(
        source,
        new Interval(
            F.select(open, both.lower(), apart.lower()),
            F.select(open, both.upper(), apart.upper())));
  }

  /** Returns the sum over what a coefficient stands for, [1, R, B]. */
  private static Value onEach(Value coefficients, Value v) {
    Shape s = coefficients.shape();
    return F.sum(F.mul(coefficients, F.reshape(v, s.with(1, 1))), 3);
  }

  private static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  @Override
  public void close() {
    bounder.close();
    table.close();
    space.close();
  }
}
