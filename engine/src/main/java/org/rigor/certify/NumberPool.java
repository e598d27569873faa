// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.List;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.Download;
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
 * Slopes and multipliers of the rows of one start, on the device: a row's ascent leaves them at a
 * place, where those of its cell's halves begin. Of rows for which no place is free they pass
 * through spare places, one for each row of a run, and are kept on the host.
 */
final class NumberPool implements AutoCloseable {
  private static final String SLOPES = "best-slopes";
  private static final String MULTIPLIERS = "best-multipliers";

  /** Results of rows that stay. */
  static final List<String> NAMES = List.of(SLOPES, MULTIPLIERS);

  private final int models;
  private final int places;
  private final int spare;
  private final int width;
  private final Workspace space;
  private final Executable fill;
  private final Executable fetch;
  private final int[][] free;
  private final int[] count;
  private final Overflow overflow;
  private long spilled;

  /**
   * @param places rows of a model that are kept
   * @param spare most rows of a model in a run
   * @param width slopes of a row, and numbers of its hull
   * @param overflow of the numbers on the host
   */
  NumberPool(Device device, int models, int places, int spare, int width, Overflow overflow) {
    this.overflow = overflow;
    this.models = models;
    this.places = places;
    this.spare = spare;
    this.width = width;
    this.space = new Workspace(device, "numbers");
    this.free = new int[models][places];
    this.count = new int[models];
    for (int m = 0; m < models; m++) {
      Arrays.setAll(free[m], i -> places - 1 - i);
      count[m] = places;
    }
    try {
      space.declare(SLOPES, type(rows(), width));
      space.declare(MULTIPLIERS, type(rows(), RowPrograms.DEPTH));
      this.fill = space.compile(filling());
      this.fetch = space.compile(fetching());
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private TensorType type(int rows, int numbers) {
    return new TensorType(DType.F32, Shape.of(models, rows, numbers));
  }

  private Value all(Program.Builder b, String name) {
    return b.input(name, space.get(name).type());
  }

  private Program filling() {
    Program.Builder b = Program.builder("numbers-fill");
    Value[] of = Entries.trace(b, models, spare, 1);
    for (String name : NAMES) {
      int n = name.equals(SLOPES) ? width : RowPrograms.DEPTH;
      b.state(name, F.put(all(b, name), b.input("new-" + name, type(spare, n)), of[0]));
    }
    return b.build();
  }

  private Program fetching() {
    Program.Builder b = Program.builder("numbers-fetch");
    Value[] of = Entries.trace(b, models, spare, 1);
    NAMES.forEach(name -> b.output("found-" + name, F.gather(all(b, name), of[0])));
    return b.build();
  }

  /** Returns the places, with the spare ones behind them. */
  int rows() {
    return places + spare;
  }

  /** Returns the numbers of a name of {@link #NAMES}, [M, rows, numbers]. */
  Buffer buffer(String name) {
    return space.get(name);
  }

  /** Returns the spare place of a row of a run. */
  int spare(int row) {
    return places + row;
  }

  /** Takes a free place; -1 if there is none. */
  int take(int model) {
    return count[model] == 0 ? -1 : free[model][--count[model]];
  }

  /** Frees a place. */
  void free(int model, int place) {
    free[model][count[model]++] = place;
  }

  /** Returns the places that are taken, of all models. */
  int taken() {
    return models * places - Arrays.stream(count).sum();
  }

  /** Returns how many rows passed to the host for want of a place. */
  long spilled() {
    return spilled;
  }

  void spill() {
    spilled++;
  }

  /** Writes numbers from the host. */
  void write(Entries to, float[] slopes, float[] multipliers) {
    int most = to.put(fill, 0, spare);
    Shape each = Shape.of(models, most);
    fill.input("new-" + SLOPES).writeRows(HostTensor.of(each.insert(2, width), slopes));
    Shape lists = each.insert(2, RowPrograms.DEPTH);
    fill.input("new-" + MULTIPLIERS).writeRows(HostTensor.of(lists, multipliers));
    fill.run();
  }

  /** Slopes and multipliers on their way to the host, [M, most, numbers]. */
  record Fetched(Download slopes, Download multipliers) {}

  /** Queues a copy of numbers to the host, as they are after what was queued before. */
  Fetched fetch(Entries from) {
    int most = from.put(fetch, 0, spare);
    fetch.run();
    return new Fetched(
        fetch.output("found-" + SLOPES).downloadRows(most),
        fetch.output("found-" + MULTIPLIERS).downloadRows(most));
  }

  int models() {
    return models;
  }

  Overflow overflow() {
    return overflow;
  }

  int width() {
    return width;
  }

  @Override
  public void close() {
    space.close();
  }
}
