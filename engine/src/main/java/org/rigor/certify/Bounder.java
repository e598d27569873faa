// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.rigor.exec.Executable;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.queue.Pool;
import org.rigor.queue.SlotQueue;
import org.rigor.queue.Slots;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Workspace;

/**
 * Bounds of rows over regions, compiled for M networks: CROWN's sides of all starts, and ascents of
 * rows of any start. What a row gets depends on it and its region alone.
 */
final class Bounder implements AutoCloseable {
  /** Most regions of a model at a time. */
  static final int SITES = 64;

  /** Regions at a time from which on sums are rounded in the same order for any number. */
  private static final int ALIKE = 2;

  /**
   * Units of a start above which only those that intervals leave open are bounded further, row by
   * row: of an image most are closed. Margins over labels are CROWN's, which bounds them all.
   */
  private static final int MANY = 512;

  /** Width of a unit's interval on which a smooth function is as good as a line. */
  private static final double NARROW = 1e-3;

  /** Most bytes of one value. */
  private static final long LARGEST = 1L << 28;

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
   */
  private record Line(int start, boolean cells) {}

  private final Plan plan;
  private final Stage.Setup setup;
  private final int models;
  private final Shape input;
  private final List<Start> starts = new ArrayList<>();
  private final Map<Line, RowLine> lines = new LinkedHashMap<>();
  private Workspace rootSpace;
  private SlotQueue root;
  private Optional<Executable> rootOnce;
  private List<List<Site>> sites = List.of();
  private long version;

  Bounder(Plan plan) {
    this.plan = plan;
    this.setup = plan.setup();
    this.models = setup.networks().count();
    this.input = setup.networks().network().input();
    Traced t = new Traced(setup, "starts", Lanes.whole(models, 1), plan.cuts());
    for (int k = 0; k <= t.starts.size(); k++) {
      starts.add(t.describe(k));
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

  /** Returns a cell of the logits' elements as rows of a start see it: what is below the start. */
  Row.Cell below(int k, Row.Cell cell) {
    Start all = starts.get(margins());
    if (k == margins()) {
      return cell;
    }
    Row.Cell own = Row.Cell.WHOLE;
    for (int i = 0; i < cell.depth(); i++) {
      int bend = all.bendOf(cell.at()[i]);
      int at = starts.get(k).find(all.bends().get(bend).number());
      if (at >= 0) {
        int unit = cell.at()[i] - all.offset(bend);
        own = own.and(starts.get(k).offset(at) + unit, cell.signs()[i], cell.points()[i]);
      }
    }
    return own;
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
    if (root == null) {
      compileRoot();
    }
    rootOnce.ifPresent(Executable::run); // what the parameters alone decide
    int[][] items = new int[models][];
    Arrays.setAll(items, m -> IntStream.range(0, regions.get(m).size()).toArray());
    putRegions(root, regions);
    List<String> names = new ArrayList<>();
    for (int j = 0; j < margins(); j++) {
      names.add("lower-" + j);
      names.add("upper-" + j);
    }
    if (plan.labels()) {
      names.add("margins");
    }
    int most = most(regions);
    Map<String, HostTensor> sides =
        names.isEmpty() ? Map.of() : root.runFirst(most, new Pool(SITES, items), names);
    for (int m = 0; m < models; m++) {
      for (int s = 0; s < regions.get(m).size(); s++) {
        Site site = regions.get(m).get(s);
        site.lower = new double[margins()][];
        site.upper = new double[margins()][];
        for (int j = 0; j < margins(); j++) {
          site.lower[j] = part(sides.get("lower-" + j), most, m, s);
          site.upper[j] = part(sides.get("upper-" + j), most, m, s);
        }
        site.margins = plan.labels() ? part(sides.get("margins"), most, m, s) : null;
      }
    }
  }

  private static int most(List<List<Site>> regions) {
    return regions.stream().mapToInt(List::size).max().orElse(0);
  }

  private double[] part(HostTensor all, int most, int model, int site) {
    int n = Math.toIntExact(all.shape().size() / models / most);
    int at = model * most + site;
    return Arrays.copyOfRange(all.doubles(), at * n, at * n + n);
  }

  private void compileRoot() {
    rootSpace = space();
    int most = Math.max(ALIKE, setup.slots());
    Workspace.Cut pass =
        rootSpace.halving(this::rootProgram, most, LARGEST, name -> name.startsWith(Slots.PREFIX));
    rootOnce = pass.once();
    int slots = rootSpace.get("slot/stage").type().shape().dim(1);
    int classes = plan.labels() ? starts.get(margins()).size() : 0;
    List<Shape> shapes = starts.subList(0, margins()).stream().map(Start::units).toList();
    RootWork work =
        new RootWork(input, setup.norm() != Norm.LINF, shapes, classes, models, SITES, slots);
    root = RowLine.queue(rootSpace, work, models, SITES, slots, List.of(pass.each()));
  }

  private Program rootProgram(int slots) {
    Traced t = new Traced(setup, "root", Lanes.whole(models, slots), false);
    boolean ball = setup.norm() != Norm.LINF;
    List<Interval> sides = new ArrayList<>();
    LinearBounds bounds = new LinearBounds(t.region);
    Ibp.propagate(
        bounds,
        t.logits,
        affine -> true,
        (b, source) -> {
          b.visit(source);
          boolean many = !plan.labels() && source.shape().size() / models / slots > MANY;
          if (ball || !many && Crown.bendsBelow(b, source)) {
            Crown.refine(b, source);
          }
          sides.add(b.known(source));
        });
    for (int j = 0; j < sides.size(); j++) {
      t.b.output("slot/lower-" + j, sides.get(j).lower());
      t.b.output("slot/upper-" + j, sides.get(j).upper());
    }
    if (plan.labels()) {
      margins(t, bounds, slots);
    }
    return RowPrograms.over(t.b, Lanes.whole(models, slots));
  }

  private void margins(Traced t, LinearBounds bounds, int slots) {
    Value label = t.b.input("slot/label", new TensorType(DType.I32, Shape.of(models, slots)));
    Value spec = Ibp.specification(F.oneHot(label, starts.get(margins()).size(), DType.F64));
    Value linear = bounds.lower(t.logits, spec, Set.of());
    Value all = Outward.higher(linear, Ibp.margins(bounds, t.logits, spec)); // [M, K, B, 1]
    Value flat = F.reshape(all, all.shape().remove(3));
    t.b.output("slot/margins", F.transpose(flat, List.of(0, 2, 1)));
  }

  private void putRegions(SlotQueue queue, List<List<Site>> regions) {
    int d = Math.toIntExact(input.size());
    int most = most(regions);
    double[] low = new double[models * most * d];
    double[] high = new double[low.length];
    double[] x = new double[low.length];
    double[] epsilon = new double[models * most];
    int[] label = new int[epsilon.length];
    for (int m = 0; m < models; m++) {
      for (int s = 0; s < regions.get(m).size(); s++) {
        Site site = regions.get(m).get(s);
        int at = m * most + s;
        label[at] = site.label;
        System.arraycopy(site.low, 0, low, at * d, d);
        System.arraycopy(site.high, 0, high, at * d, d);
        if (site.x != null) {
          System.arraycopy(site.x, 0, x, at * d, d);
          epsilon[at] = site.epsilon;
        }
      }
    }
    Shape all = input.insert(0, most).insert(0, models);
    if (queue == root && plan.labels()) {
      queue.putFirst("label", HostTensor.of(Shape.of(models, most), label));
    }
    queue.putFirst("low", HostTensor.of(all, low));
    queue.putFirst("high", HostTensor.of(all, high));
    if (setup.norm() != Norm.LINF) {
      queue.putFirst("x", HostTensor.of(all, x));
      queue.putFirst("epsilon", HostTensor.of(Shape.of(models, most), epsilon));
    }
  }

  /**
   * Sets the regions that rows refer to by their place, with their sides as they are now.
   *
   * @param regions of each model, at most {@link #SITES}, with sides of all starts
   */
  void load(List<List<Site>> regions) {
    sites = regions;
    version++;
  }

  private void putSides(RowLine line) {
    putRegions(line.queue(), sites);
    int most = most(sites);
    for (int j : line.start().before()) {
      int n = starts.get(j).size();
      double[] lower = new double[models * most * n];
      double[] upper = new double[lower.length];
      for (int m = 0; m < models; m++) {
        for (int s = 0; s < sites.get(m).size(); s++) {
          Site site = sites.get(m).get(s);
          System.arraycopy(site.lower[j], 0, lower, (m * most + s) * n, n);
          System.arraycopy(site.upper[j], 0, upper, (m * most + s) * n, n);
        }
      }
      Shape all = starts.get(j).units().insert(0, most).insert(0, models);
      line.queue().putFirst("lower-" + j, HostTensor.of(all, lower));
      line.queue().putFirst("upper-" + j, HostTensor.of(all, upper));
    }
  }

  /**
   * Ascends rows of a start over the regions that are loaded, and fills in what was found.
   *
   * @param state whether to return the numbers found
   */
  void rows(int k, List<Row> rows, boolean state) {
    if (rows.isEmpty()) {
      return;
    }
    boolean cells = rows.stream().anyMatch(r -> r.cell.depth() > 0);
    boolean either = k == margins() || starts.get(k).cuts(); // most margins are split, too
    RowLine line = lines.computeIfAbsent(new Line(k, cells || either), this::line);
    if (line.version != version) {
      putSides(line);
      line.prepare();
      line.version = version;
    }
    line.run(rows, sites, state);
    rows.forEach(r -> sites.get(r.model).get(r.site).iterations += plan.steps());
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
      Map<Integer, Shape> shapes = new LinkedHashMap<>();
      starts.get(k).before().forEach(j -> shapes.put(j, starts.get(j).units()));
      return new RowLine(plan, space, k, starts.get(k), k == margins(), of.cells(), shapes);
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  @Override
  public void close() {
    if (rootSpace != null) {
      rootSpace.close();
    }
    lines.values().forEach(RowLine::close);
  }
}
