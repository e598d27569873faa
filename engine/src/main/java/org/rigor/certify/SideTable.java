// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Sides of the starts over regions and cells on the device, as the host has them. A cell's are
 * copied there from those of the cell that was split; then what was found since crosses the bus.
 */
final class SideTable implements AutoCloseable {
  /** Sites that are copied, or written as a whole, together. */
  private static final int TOGETHER = 16;

  /** Sides that are changed together. */
  private static final int CHANGES = 512;

  private final int models;
  private final int[] units;
  private final Workspace space;
  private final Executable copy;
  private final Executable fill;
  private final List<Executable> change = new ArrayList<>();
  private final Shelf[] shelves;
  private final Entries copies;
  private final Entries fills;
  private final List<List<Site>> filled = new ArrayList<>();
  private final List<Entries> changes = new ArrayList<>();
  private final List<double[][]> changed = new ArrayList<>();

  /**
   * @param sites that are kept
   * @param units of each start, at least one
   */
  SideTable(Device device, int models, int sites, int... units) {
    this.models = models;
    this.units = units;
    this.space = new Workspace(device, "sides");
    this.shelves = new Shelf[models];
    this.copies = new Entries(models, 2);
    this.fills = new Entries(models, 1);
    for (int m = 0; m < models; m++) {
      shelves[m] = new Shelf(sites);
      filled.add(new ArrayList<>());
    }
    try {
      for (int j = 0; j < units.length; j++) {
        int all = Math.toIntExact(2L * sites * units[j]);
        space.declare(name(j), Traced.f64(Shape.of(models, all)));
        changes.add(new Entries(models, 1));
        changed.add(new double[models][CHANGES]);
      }
      this.copy = space.compile(copying(sites));
      this.fill = space.compile(filling(sites));
      for (int j = 0; j < units.length; j++) {
        change.add(space.compile(changing(sites, j)));
      }
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  /** Input of {@link #tightening} with the number of rows, I32 [M, 1]. */
  static final String COUNT = "tighten-count";

  /** Returns the name of the sides of a start. */
  static String name(int start) {
    return "sides-" + start;
  }

  private static String values(int start) {
    return "values-" + start;
  }

  private Value all(Program.Builder b, int sites, int start) {
    return b.input(name(start), Traced.f64(Shape.of(models, 2 * sites * units[start])));
  }

  /** Returns where the sides of sites lie among all of a start, [M, sites 2 units]. */
  private Value elements(Value place, int start) {
    int row = 2 * units[start];
    Shape each = place.shape().insert(2, row);
    Value first = F.mul(F.reshape(place, place.shape().insert(2, 1)), row);
    Value at = F.add(F.broadcast(first, each), F.broadcast(F.iota(3, 2, row), each));
    return F.reshape(at, Shape.of(models, place.shape().dim(1) * row));
  }

  private Program copying(int sites) {
    Program.Builder b = Program.builder("sides-copy");
    Value[] of = Entries.trace(b, models, TOGETHER, 2);
    for (int j = 0; j < units.length; j++) {
      Value all = all(b, sites, j);
      Value rows = F.gather(F.reshape(all, Shape.of(models, sites, 2 * units[j])), of[1]);
      Value flat = F.reshape(rows, Shape.of(models, TOGETHER * 2 * units[j]));
      b.state(name(j), F.put(all, flat, elements(of[0], j)));
    }
    return b.build();
  }

  private Program filling(int sites) {
    Program.Builder b = Program.builder("sides-fill");
    Value[] of = Entries.trace(b, models, TOGETHER, 1);
    for (int j = 0; j < units.length; j++) {
      Shape rows = Shape.of(models, TOGETHER, 2 * units[j]);
      Value flat =
          F.reshape(
              b.input(values(j), Traced.f64(rows)), Shape.of(models, TOGETHER * 2 * units[j]));
      b.state(name(j), F.put(all(b, sites, j), flat, elements(of[0], j)));
    }
    return b.build();
  }

  private Program changing(int sites, int start) {
    Program.Builder b = Program.builder("sides-change-" + start);
    Value[] of = Entries.trace(b, models, CHANGES, 1);
    Value own = b.input("changed", Traced.f64(Shape.of(models, CHANGES)));
    return b.state(name(start), F.put(all(b, sites, start), own, of[0])).build();
  }

  /**
   * Traces what takes the bounds that a queue of {@link RowWork} has found of units, or of their
   * negatives, for sides where they are better.
   *
   * @param items rows of a run at most
   * @param columns of a row
   */
  Program tightening(int start, int items, int columns) {
    int n = units[start];
    Program.Builder b = Program.builder("sides-tighten-" + start);
    Shape rows = Shape.of(models, items);
    Value index = b.input(SlotQueue.FIELD + RowWork.INDEX, i32(rows.insert(2, columns)));
    Value bound = b.input(SlotQueue.RESULT + "judged", Traced.f64(rows));
    Value count = b.input(COUNT, i32(Shape.of(models, 1)));
    Value unit = column(index, RowWork.Column.ROW);
    Value at = F.add(F.mul(column(index, RowWork.Column.SIDES), 2 * n), unit);
    Value all = all(b, sites(), start);
    Value old = F.gather(all, at);
    Value upper = F.ge(unit, F.constant(unit, n));
    Value side = F.select(upper, F.neg(bound), bound);
    Value better = F.select(upper, F.lt(side, old), F.gt(side, old));
    Value own = F.lt(F.broadcast(F.iota(2, 1, items), rows), F.broadcast(count, rows));
    Value place = F.select(F.and(own, better), at, F.constant(at, -1));
    return b.state(name(start), F.put(all, side, place)).build();
  }

  private static TensorType i32(Shape shape) {
    return new TensorType(DType.I32, shape);
  }

  private Value column(Value index, RowWork.Column of) {
    int c = of.ordinal();
    return F.reshape(F.slice(index, 2, c, c + 1), index.shape().remove(2));
  }

  /**
   * Returns the sides of a start, [M, sites 2 units]: of each site the lower ones, then the upper.
   */
  Buffer sides(int start) {
    return space.get(name(start));
  }

  /** Returns the number of sites that are kept. */
  int sites() {
    return shelves[0].places();
  }

  /** Begins a run: sites that get a place keep it until the next one. */
  void begin() {
    for (Shelf s : shelves) {
      s.begin();
    }
  }

  /** Returns the place of a site, where its sides are as now after {@link #flush}. */
  int place(int model, Site site) {
    Shelf shelf = shelves[model];
    int known = shelf.find(site.held);
    int place = known;
    if (known < 0) {
      int from = site.changesFrom() == null ? -1 : shelf.find(site.changesFrom().held);
      place = shelf.put(site.held);
      if (from >= 0) {
        copies.add(model, place, from);
      } else {
        fill(model, place, site);
      }
    } else if (3L * site.changes() > 4L * Arrays.stream(units).sum()) {
      fill(model, place, site);
    }
    for (int i = 0; i < site.changes(); i++) {
      change(model, place, site, site.changedStart(i), site.changedUnit(i));
    }
    site.changesTold();
    return place;
  }

  private void fill(int model, int place, Site site) {
    fills.add(model, place);
    filled.get(model).add(site);
    site.changesTold();
  }

  private void change(int model, int place, Site site, int start, int unit) {
    int n = units[start];
    int count = changes.get(start).count(model);
    double[] own = changed.get(start)[model];
    if (count == own.length) {
      own = Arrays.copyOf(own, 2 * count);
      changed.get(start)[model] = own;
    }
    own[count] = unit < n ? site.lower[start][unit] : site.upper[start][unit - n];
    changes.get(start).add(model, place * 2 * n + unit);
  }

  /** Sends what was found since sites were sent last. */
  void flush() {
    for (int from = 0; from < fills.most(); from += TOGETHER) {
      int most = fills.put(fill, from, TOGETHER);
      for (int j = 0; j < units.length; j++) {
        fill.input(values(j)).writeRows(whole(j, from, most));
      }
      fill.run();
    }
    fills.clear();
    filled.forEach(List::clear);
    for (int from = 0; from < copies.most(); from += TOGETHER) {
      copies.put(copy, from, TOGETHER);
      copy.run();
    }
    copies.clear();
    for (int j = 0; j < units.length; j++) {
      Entries own = changes.get(j);
      for (int from = 0; from < own.most(); from += CHANGES) {
        int most = own.put(change.get(j), from, CHANGES);
        double[] part = new double[models * most];
        for (int m = 0; m < models; m++) {
          int end = Math.min(own.count(m), from + most);
          if (end > from) {
            System.arraycopy(changed.get(j)[m], from, part, m * most, end - from);
          }
        }
        change.get(j).input("changed").writeRows(HostTensor.of(Shape.of(models, most), part));
        change.get(j).run();
      }
      own.clear();
    }
  }

  private HostTensor whole(int start, int from, int most) {
    int n = units[start];
    double[] all = new double[models * most * 2 * n];
    for (int m = 0; m < models; m++) {
      List<Site> own = filled.get(m);
      for (int i = from; i < Math.min(own.size(), from + most); i++) {
        int at = (m * most + i - from) * 2 * n;
        System.arraycopy(own.get(i).lower[start], 0, all, at, n);
        System.arraycopy(own.get(i).upper[start], 0, all, at + n, n);
      }
    }
    return HostTensor.of(Shape.of(models, most, 2 * n), all);
  }

  @Override
  public void close() {
    space.close();
  }
}
