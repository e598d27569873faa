// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.exec.DeviceInfo;
import org.rigor.exec.Executable;
import org.rigor.queue.SlotQueue;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Workspace;

/** What rows of one start name on the device: {@link Common tables} of all starts, and its own. */
final class RowTables implements AutoCloseable {
  /** Rows for each slot of a sample: a row propagates one number, a sample hundreds. */
  private static final int ROWS = 8;

  /** Most rows of a model in one run of the queue. */
  private static final int ITEMS = 512;

  /** Elements of a window over one element of a layer, allowed for. */
  private static final long WINDOWS = 16;

  /** Most bytes of one value. */
  private static final long LARGEST = 1L << 28;

  /** Most bytes of the shares of all hulls of a model, which are read several times a step. */
  private static final long CACHED = 1L << 18;

  private static final int CPU_CELLS = 1 << 11;
  private static final int CELLS = 1 << 15;

  /** Most bytes of the numbers of a start's rows. */
  private static final long CPU_NUMBERS = 1L << 22;

  private static final long NUMBERS = 1L << 28;

  /** Most bytes of the sides of regions and cells. */
  private static final long CPU_SIDES = 1L << 22;

  private static final long SIDES = 1L << 28;

  /** Most rows whose numbers are kept. */
  private static final int MOST = 1 << 16;

  /**
   * Tables of all starts.
   *
   * @param regions inputs of regions
   * @param sides of regions and cells; null if no start has any before it
   * @param margins coefficients
   */
  record Common(RowTable<Site> regions, SideTable sides, RowTable<Row.Objective> margins)
      implements AutoCloseable {
    @Override
    public void close() {
      regions.close();
      margins.close();
      if (sides != null) {
        sides.close();
      }
    }
  }

  /**
   * Makes the tables of all starts.
   *
   * @param starts the last of which are the logits
   * @param reads whether margins may read the input
   */
  static Common common(Stage.Setup setup, List<Start> starts, boolean reads) {
    Device device = setup.networks().device();
    int models = setup.networks().count();
    Shape input = setup.networks().network().input();
    Shape one = Shape.of();
    Map<String, RowTable.Column<Site>> inputs = new LinkedHashMap<>();
    inputs.put("low", new RowTable.Column<>(input, s -> s.low));
    inputs.put("high", new RowTable.Column<>(input, s -> s.high));
    if (setup.norm() != Norm.LINF) {
      inputs.put("x", new RowTable.Column<>(input, s -> s.x));
      inputs.put("epsilon", new RowTable.Column<>(one, s -> new double[] {s.epsilon}));
    }
    Map<String, RowTable.Column<Row.Objective>> margin = new LinkedHashMap<>();
    Start logits = starts.get(starts.size() - 1);
    margin.put("outputs", new RowTable.Column<>(Shape.of(logits.size()), Row.Objective::outputs));
    margin.put("constant", new RowTable.Column<>(one, o -> new double[] {o.constant()}));
    if (reads) {
      margin.put("inputs", new RowTable.Column<>(input, Row.Objective::inputs));
    }
    int[] units = starts.subList(0, starts.size() - 1).stream().mapToInt(Start::size).toArray();
    long each = 16L * models * Arrays.stream(units).sum();
    boolean gpu = device.info().gpu();
    long sites =
        Math.max(
            2L * Bounder.SITES, Math.min(CELLS, (gpu ? SIDES : CPU_SIDES) / Math.max(1, each)));
    int rows = Math.max(1 << 10, 2 * ROWS * setup.slots());
    return new Common(
        new RowTable<>(device, models, Bounder.SITES, inputs, s -> s.inputs),
        units.length == 0 ? null : new SideTable(device, models, (int) sites, units),
        new RowTable<>(device, models, rows, margin, Row.Objective::held));
  }

  private final Common common;
  private final Start start;
  private final Map<Integer, Shape> before;
  private final int models;
  private final int slots;
  private final int items;
  private final boolean margins;
  private final CellTable cells;
  private final NumberPool numbers;

  /**
   * @param before shapes of the starts whose sides rows read
   * @param most rows whose numbers are kept at most
   * @param overflow of those that are kept on the host
   */
  RowTables(
      Stage.Setup setup,
      Common common,
      Start start,
      Map<Integer, Shape> before,
      boolean margins,
      int most,
      Overflow overflow) {
    this.common = common;
    this.start = start;
    this.before = before;
    this.margins = margins;
    this.models = setup.networks().count();
    long inputs = setup.networks().network().input().size();
    int width = start.numbers();
    long each = start.hull().map(h -> (long) h.inputs() * h.picked()).orElse(inputs);
    this.slots = slots(setup, Math.max(each, Math.max(start.size(), width)));
    this.items = (int) Math.max(slots, Math.min(ITEMS, (1L << 22) / Math.max(1, width)));
    Device device = setup.networks().device();
    DeviceInfo info = device.info();
    int kept = Math.max(info.gpu() ? CELLS : CPU_CELLS, 3 * items);
    this.cells = width > 0 ? new CellTable(device, models, kept, start.cuts()) : null;
    long row = 4L * models * (width + RowPrograms.DEPTH);
    long places = Math.min(Math.min(most, MOST), (info.gpu() ? NUMBERS : CPU_NUMBERS) / row);
    this.numbers =
        width > 0 ? new NumberPool(device, models, (int) places, items, width, overflow) : null;
  }

  private int slots(Stage.Setup setup, long widest) {
    int slots = ROWS * setup.slots();
    if (start.hull().isPresent() && !setup.networks().device().info().gpu()) {
      slots = Math.max(1, (int) Math.min(slots, CACHED / (8 * widest)));
    }
    while (slots > 1 && 8 * WINDOWS * widest * slots * models > LARGEST) {
      slots /= 2;
    }
    return slots;
  }

  /** Returns the most rows of a model in a run. */
  int items() {
    return items;
  }

  /** Returns the rows of a model that run at a time. */
  int slots() {
    return slots;
  }

  long spilled() {
    return numbers == null ? 0 : numbers.spilled();
  }

  long taken() {
    return numbers == null ? 0 : numbers.taken();
  }

  NumberPool numbers() {
    return numbers;
  }

  private Map<String, Buffer> buffers(boolean withCells) {
    Map<String, Buffer> all = new LinkedHashMap<>(common.regions().buffers());
    before.keySet().forEach(j -> all.put("sides-" + j, common.sides().sides(j)));
    if (margins) {
      all.putAll(common.margins().buffers());
    }
    if (withCells && cells != null) {
      all.putAll(cells.buffers());
    }
    return all;
  }

  /** Returns the work of a queue over these tables. */
  RowWork work(Shape input, boolean withCells) {
    Map<String, TensorType> types = new LinkedHashMap<>();
    buffers(withCells).forEach((name, b) -> types.put(name, b.type()));
    int rows = numbers == null ? 0 : numbers.rows();
    return new RowWork(input, before, start, margins, withCells, types, rows, models, items, slots);
  }

  /** Shares the tables with the workspace of such a queue. */
  void share(Workspace space, boolean withCells) {
    buffers(withCells).forEach((name, b) -> space.share(SlotQueue.FIELD + name, b));
    if (numbers != null) {
      for (String name : NumberPool.NAMES) {
        space.share(SlotQueue.RESULT + name, numbers.buffer(name));
      }
    }
  }

  /**
   * Compiles what takes better bounds of units for sides, from the results of a queue.
   *
   * @param space of the queue
   * @param start number of the start that the units are of
   * @return null for margins, which are no sides
   */
  Executable tightening(Workspace space, int start, boolean margins, int columns) {
    if (margins) {
      return null;
    }
    space.share(SideTable.name(start), common.sides().sides(start));
    return space.compile(common.sides().tightening(start, items, columns));
  }

  /** Begins a run. */
  void begin() {
    common.regions().begin();
    common.margins().begin();
    if (common.sides() != null) {
      common.sides().begin();
    }
    if (cells != null) {
      cells.begin();
    }
  }

  int sides(int model, Site site) {
    return common.sides() == null ? 0 : common.sides().place(model, site);
  }

  int region(int model, Site site) {
    return common.regions().place(model, site.region());
  }

  int margin(int model, Row.Objective of) {
    return common.margins().place(model, of);
  }

  int cell(int model, Row.Cell cell) {
    return cells.place(model, cell);
  }

  /** Sends what a run names and the device has not. */
  void flush() {
    common.regions().flush();
    common.margins().flush();
    if (common.sides() != null) {
      common.sides().flush();
    }
    if (cells != null) {
      cells.flush();
    }
  }

  @Override
  public void close() {
    if (cells != null) {
      cells.close();
      numbers.close();
    }
  }
}
