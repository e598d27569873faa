// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
 * Rows of F64 numbers on the device that the host has, too, and sends once as long as they are in
 * use: inputs of regions, coefficients of margins.
 *
 * @param <T> whose numbers a row is
 */
final class RowTable<T> implements AutoCloseable {
  /** Rows that are written together. */
  private static final int TOGETHER = 16;

  /**
   * A number or more of each row.
   *
   * @param each shape of a row's
   * @param of its numbers; null for zeros
   */
  record Column<T>(Shape each, Function<T, double[]> of) {}

  private final int models;
  private final Map<String, Column<T>> columns;
  private final Function<T, Shelf.Held> held;
  private final Workspace space;
  private final Executable fill;
  private final Shelf[] shelves;
  private final Entries places;
  private final List<List<T>> filled = new ArrayList<>();

  /**
   * @param rows that are kept
   * @param held where a row is held
   */
  RowTable(
      Device device,
      int models,
      int rows,
      Map<String, Column<T>> columns,
      Function<T, Shelf.Held> held) {
    this.models = models;
    this.columns = columns;
    this.held = held;
    this.space = new Workspace(device, "table");
    this.shelves = new Shelf[models];
    this.places = new Entries(models, 1);
    for (int m = 0; m < models; m++) {
      shelves[m] = new Shelf(rows);
      filled.add(new ArrayList<>());
    }
    try {
      columns.forEach((name, c) -> space.declare(name, type(c, rows)));
      this.fill = space.compile(filling(rows));
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private TensorType type(Column<T> c, int rows) {
    return new TensorType(DType.F64, c.each().insert(0, rows).insert(0, models));
  }

  private static String values(String column) {
    return "new-" + column;
  }

  private Program filling(int rows) {
    Program.Builder b = Program.builder("table-fill");
    Value[] of = Entries.trace(b, models, TOGETHER, 1);
    columns.forEach(
        (name, c) -> {
          Value own = b.input(values(name), type(c, TOGETHER));
          b.state(name, F.put(b.input(name, type(c, rows)), own, of[0]));
        });
    return b.build();
  }

  /** Returns the rows by column, [M, rows, each...]. */
  Map<String, Buffer> buffers() {
    Map<String, Buffer> all = new LinkedHashMap<>();
    columns.keySet().forEach(name -> all.put(name, space.get(name)));
    return all;
  }

  /** Begins a run: rows that get a place keep it until the next one. */
  void begin() {
    for (Shelf s : shelves) {
      s.begin();
    }
  }

  /** Returns the place of a row, which is there after {@link #flush}. */
  int place(int model, T row) {
    int known = shelves[model].find(held.apply(row));
    if (known >= 0) {
      return known;
    }
    int place = shelves[model].put(held.apply(row));
    places.add(model, place);
    filled.get(model).add(row);
    return place;
  }

  /** Says that someone else has written a row. */
  void holds(int model, T row, int place) {
    shelves[model].put(held.apply(row), place);
  }

  /** Sends the rows that were given a place. */
  void flush() {
    for (int from = 0; from < places.most(); from += TOGETHER) {
      int most = places.put(fill, from, TOGETHER);
      int first = from;
      columns.forEach((name, c) -> fill.input(values(name)).writeRows(part(c, first, most)));
      fill.run();
    }
    places.clear();
    filled.forEach(List::clear);
  }

  private HostTensor part(Column<T> c, int from, int most) {
    int n = Math.toIntExact(c.each().size());
    double[] all = new double[models * most * n];
    for (int m = 0; m < models; m++) {
      List<T> own = filled.get(m);
      for (int i = from; i < Math.min(own.size(), from + most); i++) {
        double[] row = c.of().apply(own.get(i));
        if (row != null) {
          System.arraycopy(row, 0, all, (m * most + i - from) * n, n);
        }
      }
    }
    return HostTensor.of(c.each().insert(0, most).insert(0, models), all);
  }

  @Override
  public void close() {
    space.close();
  }
}
