// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.workspace.Workspace;

/**
 * Bounds of rows over regions, compiled for M networks: CROWN's sides of all starts, and ascents of
 * rows of any start. What a row gets depends on it and its region alone.
 */
final class Bounder implements AutoCloseable {
  /** Most regions of a model at a time. */
  static final int SITES = 64;

  /** Width of a unit's interval on which a smooth function is as good as a line. */
  private static final double NARROW = 1e-3;

  /**
   * What to compile.
   *
   * @param steps of an ascent
   * @param reads whether margins may read the input
   * @param labels whether regions have labels, whose margins CROWN bounds too
   * @param cuts whether smooth operations are split, too
   * @param branching how the unit is chosen that splits a row's cell
   */
  record Plan(
      Stage.Setup setup,
      int steps,
      boolean reads,
      boolean labels,
      boolean cuts,
      Branching branching) {
    Plan(Stage.Setup setup, int steps, boolean reads, boolean labels) {
      this(setup, steps, reads, labels, false, Branching.INTERCEPT);
    }
  }

  /**
   * Which rows a line takes.
   *
   * @param cells whether they may be over cells; rows over whole regions alone take less
   * @param hulls whether {@link Hull hulls} bound the layer at the input
   */
  private record Line(int start, boolean cells, boolean hulls) {}

  /** Steps of an ascent of a unit with hulls, over those of others: they move more numbers. */
  static final int HULL_STEPS = 2;

  private final Plan plan;
  private final Stage.Setup setup;
  private final int models;
  private final Shape input;
  private final List<Start> starts = new ArrayList<>();

  /** Starts whose rows may have hulls, with them. */
  private final Map<Integer, Start> hulled = new LinkedHashMap<>();

  private final Map<Line, RowLine> lines = new LinkedHashMap<>();
  private final Map<Start, RowTables> tables = new IdentityHashMap<>();

  /** Runs that are under way, the oldest first. */
  private final Deque<RowLine.Part> under = new ArrayDeque<>();

  private final int ahead;
  private RowTables.Common common;
  private Roots roots;
  private List<List<Site>> sites = List.of();
  private long version;

  /** Most rows of a start whose numbers stay on the device. */
  int places = Integer.MAX_VALUE;

  /** Most bytes of rows' numbers in the heap. */
  long room = Room.ofHeap().numbers();

  private Overflow overflow;

  Bounder(Plan plan) {
    this.plan = plan;
    this.setup = plan.setup();
    this.models = setup.networks().count();
    this.input = setup.networks().network().input();
    this.ahead = setup.networks().device().info().gpu() ? RowWork.RUNS : 1;
    Traced t = new Traced(setup, "starts", Lanes.whole(models, 1), plan.cuts());
    for (int k = 0; k <= t.starts.size(); k++) {
      starts.add(t.describe(k));
      int number = k;
      if (setup.norm() == Norm.LINF) {
        t.hulled(k).ifPresent(h -> hulled.put(number, starts.get(number).with(h)));
      }
    }
  }

  /** Returns M. */
  int models() {
    return models;
  }

  /** Returns the number of the margins; the starts before it are hidden. */
  int margins() {
    return starts.size() - 1;
  }

  Start start(int k) {
    return starts.get(k);
  }

  /**
   * Returns a cell of the logits' elements as rows of a start see it: what is below the start.
   *
   * @param parent what they see of its parent
   */
  Row.Cell below(int k, Row.Cell parent, Row.Cell cell) {
    Start all = starts.get(margins());
    if (k == margins()) {
      return cell;
    }
    if (cell.depth() == 0) {
      return Row.Cell.WHOLE;
    }
    int entry = cell.edited();
    int bend = all.bendOf(cell.at()[entry]);
    int at = starts.get(k).find(all.bends().get(bend).number());
    int unit = cell.at()[entry] - all.offset(bend);
    return at < 0
        ? parent
        : parent.and(starts.get(k).offset(at) + unit, cell.signs()[entry], cell.points()[entry]);
  }

  /** Returns what bends a start as it is, the first if several do. */
  Optional<Start.Bend> bend(int k) {
    return starts.get(margins()).bends().stream().filter(b -> b.start() == k).findFirst();
  }

  /** Returns whether better sides of a unit make lines of what bends it closer. */
  boolean isOpen(Site site, int k, int unit) {
    boolean wide = site.upper[k][unit] - site.lower[k][unit] > NARROW;
    return site.isOpen(k, unit) || wide && bend(k).map(Start.Bend::cut).orElse(false);
  }

  /** Returns the position of the ONNX node that bends a start, -1 if there is none. */
  int node(int k) {
    return bend(k).map(Start.Bend::node).orElse(-1);
  }

  private Workspace space() {
    Workspace space = new Workspace(setup.networks().device(), "bounds");
    setup.networks().share(space, DType.F64);
    return space;
  }

  /**
   * Bounds the starts of regions by CROWN, and sets their sides.
   *
   * @param regions of each model, at most {@link #SITES}
   */
  void root(List<List<Site>> regions) {
    if (roots == null) {
      roots = new Roots(plan, starts, common());
    }
    version++; // parameters may be others
    roots.run(regions);
  }

  private RowTables.Common common() {
    if (common == null) {
      common = RowTables.common(setup, starts, plan.reads());
    }
    return common;
  }

  /**
   * Sets the regions that rows refer to by their place.
   *
   * @param regions of each model, at most {@link #SITES}, with sides of all starts
   */
  void load(List<List<Site>> regions) {
    sites = regions;
  }

  /** Rows that are under way. */
  final class Pending {
    private final List<RowLine.Part> parts = new ArrayList<>();

    /** Waits for the rows, and fills in what was found; steps are not counted. */
    void take() {
      while (!look()) {
        // points of rows that may be violated come last
      }
    }

    /**
     * Waits for what is on its way, and fills it in.
     *
     * @return whether that is all; else more was asked for
     */
    boolean look() {
      boolean all = parts.stream().allMatch(RowLine.Part::isTaken);
      for (RowLine.Part p : parts) {
        while (!p.isTaken()) {
          under.remove().take();
        }
      }
      List<RowLine.Part> more = parts.stream().filter(RowLine.Part::hasCorners).toList();
      if (!all && !more.isEmpty()) {
        return false;
      }
      more.forEach(RowLine.Part::takeCorners);
      return true;
    }
  }

  /** Counts the steps that rows took. */
  void count(List<Row> rows) {
    count(rows, plan.steps());
  }

  private static void count(List<Row> rows, int steps) {
    rows.forEach(r -> r.over.iterations += steps);
  }

  /** Returns whether rows of a start have hulls, if asked for. */
  boolean hulled(int k) {
    return hulled.containsKey(k);
  }

  /** Returns whether rows are bounded while the host does other things. */
  boolean isAhead() {
    return ahead > 1;
  }

  /**
   * Ascends rows of a start over the regions that are loaded, fills in what was found, and counts
   * their steps.
   *
   * @param state whether to return the numbers found
   */
  void rows(int k, List<Row> rows, boolean state) {
    rows(k, rows, state, false);
  }

  /**
   * Does as {@link #rows(int, List, boolean)}.
   *
   * @param hulls whether rows take hulls where they can; numbers given must come from such rows
   */
  void rows(int k, List<Row> rows, boolean state, boolean hulls) {
    submit(k, rows, state, hulls).take();
    Start of = hulls && hulled(k) ? hulled.get(k) : starts.get(k);
    count(rows, RowLine.steps(plan, of, k == margins()));
  }

  /**
   * Queues rows of a start over the regions that are loaded, and returns what waits for them. A GPU
   * goes on with them while the host looks at others that were queued before.
   *
   * @param state whether to return the numbers found
   */
  Pending submit(int k, List<Row> rows, boolean state) {
    return submit(k, rows, state, false);
  }

  /**
   * Does as {@link #submit(int, List, boolean)}.
   *
   * @param hulls whether rows take hulls where they can; numbers given must come from such rows
   */
  Pending submit(int k, List<Row> rows, boolean state, boolean hulls) {
    return submit(new Line(k, isSplit(k, rows), hulls && hulled(k)), rows, state, false);
  }

  /**
   * Queues rows of units whose better bounds the device takes for sides of their regions, as {@link
   * Site#tightened} does here; what to split is not looked for.
   */
  Pending tighten(int k, List<Row> rows) {
    return submit(new Line(k, isSplit(k, rows), false), rows, true, true);
  }

  private boolean isSplit(int k, List<Row> rows) {
    // most margins are split, too
    return k == margins()
        || starts.get(k).cuts()
        || rows.stream().anyMatch(r -> r.cell.depth() > 0);
  }

  private Pending submit(Line of, List<Row> rows, boolean state, boolean sides) {
    Pending pending = new Pending();
    if (rows.isEmpty()) {
      return pending;
    }
    RowLine line = lines.computeIfAbsent(of, this::line);
    if (line.version != version) {
      line.prepare();
      line.version = version;
    }
    List<List<Row>> own = new ArrayList<>();
    for (int m = 0; m < models; m++) {
      own.add(new ArrayList<>());
    }
    for (Row r : rows) {
      r.over = sites.get(r.model).get(r.site);
      own.get(r.model).add(r);
    }
    int longest = own.stream().mapToInt(List::size).max().orElse(0);
    for (int from = 0; from < longest; from += line.items()) {
      int first = from;
      int end = from + line.items();
      List<List<Row>> part =
          own.stream()
              .map(l -> l.subList(Math.min(first, l.size()), Math.min(end, l.size())))
              .toList();
      while (under.size() >= ahead || !under.isEmpty() && waits(part)) {
        under.remove().take();
      }
      RowLine.Part queued = line.submit(part, state, sides);
      under.add(queued);
      pending.parts.add(queued);
    }
    return pending;
  }

  /** Returns whether rows go on from numbers that are on their way to the host. */
  private static boolean waits(List<List<Row>> rows) {
    return rows.stream().flatMap(List::stream).anyMatch(r -> r.given != null && r.given.arrives());
  }

  /** Returns what holds the numbers on the host. */
  Overflow overflow() {
    if (overflow == null) {
      overflow = new Overflow(room);
    }
    return overflow;
  }

  /** Returns how many rows left their numbers on the host for want of a place on the device. */
  long spilled() {
    return tables.values().stream().mapToLong(RowTables::spilled).sum();
  }

  /** Returns how many rows' numbers lie on the device. */
  long taken() {
    return tables.values().stream().mapToLong(RowTables::taken).sum();
  }

  private RowLine line(Line of) {
    int k = of.start();
    Workspace space = space();
    try {
      setup
          .networks()
          .network()
          .parameters()
          .forEach(
              p ->
                  space.share(
                      RowPrograms.SINGLE + p.name(), setup.networks().buffer(p, DType.F32)));
      boolean margins = k == margins();
      Start start = of.hulls() ? hulled.get(k) : starts.get(k);
      RowTables own = tables.computeIfAbsent(start, s -> tables(s, margins));
      return new RowLine(plan, space, k, start, margins, of.cells(), own);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private RowTables tables(Start start, boolean margins) {
    Map<Integer, Shape> shapes = new LinkedHashMap<>();
    start.before().forEach(j -> shapes.put(j, starts.get(j).units()));
    return new RowTables(setup, common(), start, shapes, margins, places, overflow());
  }

  @Override
  public void close() {
    if (roots != null) {
      roots.close();
    }
    lines.values().forEach(RowLine::close);
    tables.values().forEach(RowTables::close);
    if (common != null) {
      common.close();
    }
    if (overflow != null) {
      overflow.close();
    }
  }
}
