// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Cells of the rows of one start on the device, as lists of what they restrict. A cell is made of
 * one that is there, an entry at a time, so that a split alone crosses the bus.
 */
final class CellTable implements AutoCloseable {
  private static final int DEPTH = RowPrograms.DEPTH;

  /** Cells that are made together. */
  private static final int TOGETHER = 64;

  /** Place of a new cell, and of what it is made of; entry, element, sign. */
  private static final int COLUMNS = 5;

  private final int models;
  private final Workspace space;
  private final boolean cuts;
  private final Executable make;
  private final Shelf[] shelves;
  private final List<Entries> levels = new ArrayList<>();
  private final List<double[][]> points = new ArrayList<>();

  /** What must be done before a cell that is made now is there. */
  private final Map<Row.Cell, Integer> level = new IdentityHashMap<>();

  /**
   * @param cells that are kept
   * @param cuts whether cells have points
   */
  CellTable(Device device, int models, int cells, boolean cuts) {
    this.models = models;
    this.cuts = cuts;
    this.space = new Workspace(device, "cells");
    this.shelves = new Shelf[models];
    Arrays.setAll(shelves, m -> new Shelf(cells));
    try {
      Shape all = Shape.of(models, cells + 1, DEPTH); // the last one is whole
      space.declare("at", new TensorType(DType.I32, all));
      space.declare("split", new TensorType(DType.F32, all));
      if (cuts) {
        space.declare("point", new TensorType(DType.F64, all));
      }
      this.make = space.compile(traced(all));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private Program traced(Shape all) {
    Program.Builder b = Program.builder("cells");
    Value[] of = Entries.trace(b, models, TOGETHER, COLUMNS);
    Shape rows = all.with(1, TOGETHER);
    Value here = F.eq(F.broadcast(F.iota(3, 2, DEPTH), rows), wide(of[2], rows));
    Value at = b.input("at", new TensorType(DType.I32, all));
    Value split = b.input("split", new TensorType(DType.F32, all));
    replace(b, "at", at, of, here, of[3]);
    replace(b, "split", split, of, here, F.cast(of[4], DType.F32));
    if (cuts) {
      Value point = b.input("point", new TensorType(DType.F64, all));
      Value own = b.input("points", new TensorType(DType.F64, Shape.of(models, TOGETHER)));
      replace(b, "point", point, of, here, own);
    }
    return b.build();
  }

  private static void replace(
      Program.Builder b, String name, Value all, Value[] of, Value here, Value own) {
    Value before = F.gather(all, of[1]);
    b.state(name, F.put(all, F.select(here, wide(own, before.shape()), before), of[0]));
  }

  private static Value wide(Value each, Shape rows) {
    return F.broadcast(F.reshape(each, each.shape().insert(2, 1)), rows);
  }

  /** Returns the lists by name, [M, cells, depth]. */
  Map<String, Buffer> buffers() {
    Map<String, Buffer> lists = new LinkedHashMap<>();
    for (String name : cuts ? List.of("at", "split", "point") : List.of("at", "split")) {
      lists.put(name, space.get(name));
    }
    return lists;
  }

  /** Begins a run: cells that get a place keep it until the next one. */
  void begin() {
    for (Shelf s : shelves) {
      s.begin();
    }
  }

  /** Returns the place of a cell, which is there after {@link #flush}. */
  int place(int model, Row.Cell cell) {
    Shelf shelf = shelves[model];
    if (cell.depth() == 0) {
      return shelf.places();
    }
    int known = shelf.find(cell.held());
    if (known >= 0) {
      return known;
    }
    List<Row.Cell> news = new ArrayList<>(List.of(cell));
    Row.Cell from = cell.parent();
    int source = shelf.find(from.held());
    while (from.depth() > 0 && source < 0) {
      news.add(from);
      from = from.parent();
      source = shelf.find(from.held());
    }
    source = from.depth() == 0 ? shelf.places() : source;
    int place = shelf.put(cell.held());
    int first = level.getOrDefault(from, -1) + 1;
    for (int i = news.size() - 1; i >= 0; i--) {
      int n = first + news.size() - 1 - i;
      add(n, model, news.get(i), place, i == news.size() - 1 ? source : place);
      level.merge(cell, n, Math::max);
    }
    return place;
  }

  private void add(int n, int model, Row.Cell cell, int to, int from) {
    if (n == levels.size()) {
      levels.add(new Entries(models, COLUMNS));
      points.add(new double[models][TOGETHER]);
    }
    int entry = cell.edited();
    double[] own = points.get(n)[model];
    int count = levels.get(n).count(model);
    if (count == own.length) {
      own = points.get(n)[model] = Arrays.copyOf(own, 2 * count);
    }
    own[count] = cell.points()[entry];
    levels.get(n).add(model, to, from, entry, cell.at()[entry], cell.signs()[entry]);
  }

  /** Makes the cells that were given a place. */
  void flush() {
    for (int n = 0; n < levels.size() && !levels.get(n).isEmpty(); n++) {
      Entries all = levels.get(n);
      for (int from = 0; from < all.most(); from += TOGETHER) {
        int most = all.put(make, from, TOGETHER);
        if (cuts) {
          make.input("points").writeRows(points(points.get(n), from, most));
        }
        make.run();
      }
      all.clear();
    }
    level.clear();
  }

  private HostTensor points(double[][] all, int from, int most) {
    double[] part = new double[models * most];
    for (int m = 0; m < models; m++) {
      int end = Math.min(all[m].length, from + most);
      for (int i = from; i < end; i++) {
        part[m * most + i - from] = all[m][i];
      }
    }
    return HostTensor.of(Shape.of(models, most), part);
  }

  @Override
  public void close() {
    space.close();
  }
}
