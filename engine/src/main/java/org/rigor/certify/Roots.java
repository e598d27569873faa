// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
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

/** CROWN's sides of all starts over regions, compiled for M networks. */
final class Roots implements AutoCloseable {
  /** Regions at a time from which on sums are rounded in the same order for any number. */
  private static final int ALIKE = 2;

  /**
   * Units of a start above which only those that intervals leave open are bounded further, row by
   * row: of an image most are closed. Margins over labels are CROWN's, which bounds them all.
   */
  private static final int MANY = 512;

  /** Most bytes of one value. */
  private static final long LARGEST = 1L << 28;

  private final Bounder.Plan plan;
  private final Stage.Setup setup;
  private final List<Start> starts;
  private final RowTables.Common common;
  private final int models;
  private final Shape input;

  /** Number of the starts before the logits. */
  private final int hidden;

  private final Workspace space;
  private final SlotQueue root;
  private final Optional<Executable> once;

  /**
   * @param starts the last of which are the logits
   * @param common holds the regions
   */
  Roots(Bounder.Plan plan, List<Start> starts, RowTables.Common common) {
    this.plan = plan;
    this.setup = plan.setup();
    this.starts = starts;
    this.common = common;
    this.models = setup.networks().count();
    this.input = setup.networks().network().input();
    this.hidden = starts.size() - 1;
    this.space = new Workspace(setup.networks().device(), "bounds");
    try {
      setup.networks().share(space, DType.F64);
      int most = Math.max(ALIKE, setup.slots());
      Workspace.Cut pass =
          space.halving(this::program, most, LARGEST, name -> name.startsWith(Slots.PREFIX));
      this.once = pass.once();
      this.root = queue(pass.each());
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private SlotQueue queue(Executable pass) {
    int slots = space.get("slot/stage").type().shape().dim(1);
    int classes = plan.labels() ? starts.get(hidden).size() : 0;
    List<Shape> shapes = starts.subList(0, hidden).stream().map(Start::units).toList();
    boolean ball = setup.norm() != Norm.LINF;
    RootWork work = new RootWork(input, ball, shapes, classes, models, Bounder.SITES, slots);
    common.regions().buffers().forEach((name, b) -> space.share(SlotQueue.FIELD + name, b));
    return RowLine.queue(space, work, models, Bounder.SITES, slots, List.of(pass));
  }

  /**
   * Bounds the starts of regions by CROWN, and sets their sides.
   *
   * @param regions of each model, at most {@link Bounder#SITES}
   */
  void run(List<List<Site>> regions) {
    once.ifPresent(Executable::run); // what the parameters alone decide
    int[][] items = new int[models][];
    Arrays.setAll(items, m -> IntStream.range(0, regions.get(m).size()).toArray());
    putRegions(regions);
    List<String> names = new ArrayList<>();
    for (int j = 0; j < hidden; j++) {
      names.add("lower-" + j);
      names.add("upper-" + j);
    }
    if (plan.labels()) {
      names.add("margins");
    }
    int most = most(regions);
    Map<String, HostTensor> sides =
        names.isEmpty() ? Map.of() : root.runFirst(most, new Pool(Bounder.SITES, items), names);
    for (int m = 0; m < models; m++) {
      for (int s = 0; s < regions.get(m).size(); s++) {
        Site site = regions.get(m).get(s);
        site.lower = new double[hidden][];
        site.upper = new double[hidden][];
        for (int j = 0; j < hidden; j++) {
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

  private Program program(int slots) {
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
    Value spec = Ibp.specification(F.oneHot(label, starts.get(hidden).size(), DType.F64));
    Value linear = bounds.lower(t.logits, spec, Set.of());
    Value all = Outward.higher(linear, Ibp.margins(bounds, t.logits, spec)); // [M, K, B, 1]
    Value flat = F.reshape(all, all.shape().remove(3));
    t.b.output("slot/margins", F.transpose(flat, List.of(0, 2, 1)));
  }

  private void putRegions(List<List<Site>> regions) {
    int d = Math.toIntExact(input.size());
    int most = most(regions);
    double[] low = new double[models * most * d];
    double[] high = new double[low.length];
    double[] x = new double[low.length];
    double[] epsilon = new double[models * most];
    int[] label = new int[epsilon.length];
    common.regions().begin();
    for (int m = 0; m < models; m++) {
      for (int s = 0; s < regions.get(m).size(); s++) {
        Site site = regions.get(m).get(s);
        common.regions().holds(m, site, s);
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
    if (plan.labels()) {
      root.putFirst("label", HostTensor.of(Shape.of(models, most), label));
    }
    root.putFirst("low", HostTensor.of(all, low));
    root.putFirst("high", HostTensor.of(all, high));
    if (setup.norm() != Norm.LINF) {
      root.putFirst("x", HostTensor.of(all, x));
      root.putFirst("epsilon", HostTensor.of(Shape.of(models, most), epsilon));
    }
  }

  @Override
  public void close() {
    space.close();
  }
}
