// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.queue.SlotQueue;
import org.rigor.queue.SlotWork;
import org.rigor.queue.Slots;
import org.rigor.queue.Turn;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Rows of one start, as {@link SlotWork}: an item is a row, which names what tables on the device
 * hold of it: its region and sides, coefficients, cell, and the numbers that its ascent begins
 * with.
 *
 * @param input shape of an input
 * @param sides shapes of the starts whose sides rows read, by number
 * @param start of the rows
 * @param margins whether rows are given by coefficients; else each is a unit of the start, or its
 *     negative
 * @param cells whether rows may be over cells
 * @param tables what is shared with other queues, by field
 * @param numbers places of slopes and multipliers
 * @param models M
 * @param items N
 * @param slots B
 */
record RowWork(
    Shape input,
    Map<Integer, Shape> sides,
    Start start,
    boolean margins,
    boolean cells,
    Map<String, TensorType> tables,
    int numbers,
    int models,
    int items,
    int slots)
    implements SlotWork {
  /** Whole numbers of a row, I32 [M, N, columns]. */
  static final String INDEX = "index";

  /** Length of a row's steps, F32 [M, N]. */
  static final String RATE = "rate";

  /** Number that is added to places of corners, I32 [M, 1]. */
  static final String CORNERS = "corners";

  /** Runs whose corners are kept. */
  static final int RUNS = 2;

  /** Columns of {@link #INDEX}. */
  enum Column {
    /** Place of the sides. */
    SIDES,
    /** Place of the inputs' sides. */
    REGION,
    /** Place of a margin's coefficients, or a unit of the start; from their number on negatives. */
    ROW,
    /** Place of the numbers that it begins with, or -1. */
    FROM,
    /** Place where it leaves its numbers, or -1. */
    TO,
    CELL
  }

  private static final List<String> REGION = List.of("low", "high", "x", "epsilon");
  private static final List<String> MARGIN = List.of("outputs", "constant", "inputs");
  private static final List<String> CELL = List.of("at", "split", "point");

  /** Multiple of a branch, counted from 1, in {@code code}; the rest is the sign of a value. */
  static final int SIGNS = 3;

  @Override
  public String name() {
    return "rows";
  }

  /** Every row takes one move. */
  @Override
  public int most() {
    return 1;
  }

  /** Returns the columns of a row. */
  int columns() {
    return start.width() == 0 ? Column.FROM.ordinal() : Column.values().length - (cells ? 0 : 1);
  }

  @Override
  public Map<String, TensorType> fields() {
    Map<String, TensorType> fields = new LinkedHashMap<>(tables);
    fields.put(INDEX, new TensorType(DType.I32, Shape.of(models, items, columns())));
    if (start.width() > 0) {
      fields.put(RATE, new TensorType(DType.F32, Shape.of(models, items)));
    }
    return fields;
  }

  @Override
  public Map<String, TensorType> keeps() {
    TensorType place = new TensorType(DType.I32, Shape.of(models, slots));
    return start.width() == 0 ? Map.of() : Map.of("to", place);
  }

  @Override
  public Set<String> stores() {
    return start.width() == 0 ? Set.of() : Set.copyOf(NumberPool.NAMES);
  }

  @Override
  public Harvest harvest(Program.Builder b, Slots now) {
    Value over = now.at(RowPrograms.OVER);
    List<Result> results = new ArrayList<>();
    Shape each = Shape.of(models, slots);
    results.add(new Result("judged", left(b, "judged", DType.F64, each), over, now.item(), items));
    Value code = F.fill(DType.I32, each, 0);
    if (start.width() > 0) {
      Value score = left(b, "score", DType.F64, each);
      Value branch = F.add(left(b, "branch", DType.I32, each), 1);
      code = F.select(F.gt(score, F.constant(score, 0)), F.mul(branch, SIGNS), code);
      if (start.cuts()) {
        results.add(new Result("cut", left(b, "cut", DType.F64, each), over, now.item(), items));
      }
      Value to = now.kept("to");
      String chosen = start.hull().isPresent() ? RowPrograms.CHOSEN : "best-slopes";
      Value slopes = left(b, chosen, DType.F32, each.insert(2, start.numbers()));
      Shape lists = each.insert(2, RowPrograms.DEPTH);
      Value multipliers =
          cells ? left(b, "best-multipliers", DType.F32, lists) : F.fill(DType.F32, lists, 0);
      results.add(new Result("best-slopes", slopes, over, to, numbers));
      results.add(new Result("best-multipliers", multipliers, over, to, numbers));
    }
    if (margins) {
      Value value = left(b, "value", DType.F64, each);
      Value zero = F.constant(value, 0);
      Value negative = F.cast(F.lt(value, zero), DType.I32);
      code = F.add(code, F.add(negative, F.cast(F.le(value, zero), DType.I32)));
      Value x = left(b, "corner", DType.F64, input.insert(0, slots).insert(0, models));
      Value first = b.input(CORNERS, new TensorType(DType.I32, Shape.of(models, 1)));
      Value place = F.add(now.item(), F.broadcast(first, each));
      results.add(new Result("corner", x, over, place, RUNS * items));
    }
    results.add(new Result("code", code, over, now.item(), items));
    return new Harvest(over, results);
  }

  /** Traces what takes corners out of all. */
  Program fetchCorners() {
    Program.Builder b = Program.builder("corners");
    Shape all = input.insert(0, RUNS * items).insert(0, models);
    Value[] of = Entries.trace(b, models, items, 1);
    Value corners = b.input(SlotQueue.RESULT + "corner", new TensorType(DType.F64, all));
    return b.output("corners-found", F.gather(corners, of[0])).build();
  }

  private static Value left(Program.Builder b, String name, DType dtype, Shape rows) {
    return b.input("slot/" + name, new TensorType(dtype, rows));
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    Value index = turn.field(INDEX);
    Map<String, Value> reads = new LinkedHashMap<>();
    reads(turn, REGION, column(index, Column.REGION), reads);
    if (reads.containsKey("epsilon")) {
      Shape ones = SearchWork.ones(reads.get("x").shape());
      reads.put("epsilon", F.reshape(reads.get("epsilon"), ones));
    }
    Value lower = F.mul(column(index, Column.SIDES), 2);
    sides.forEach(
        (j, shape) -> {
          Value flat = turn.fields().get("sides-" + j);
          int rows = Math.toIntExact(flat.shape().size() / models / shape.size());
          Value all = F.reshape(flat, shape.insert(0, rows).insert(0, models));
          reads.put("lower-" + j, F.gather(all, lower));
          reads.put("upper-" + j, F.gather(all, F.add(lower, 1)));
        });
    Value row = column(index, Column.ROW);
    if (margins) {
      reads(turn, MARGIN, row, reads);
    } else {
      Value negated = F.ge(row, F.constant(row, start.size()));
      Value one = F.fill(DType.F64, row.shape(), 1);
      reads.put("sign", F.select(negated, F.neg(one), one));
      reads.put("unit", F.select(negated, F.sub(row, F.constant(row, start.size())), row));
    }
    if (start.width() == 0) {
      return new Next(turn.takes(), Map.of(), reads);
    }
    if (cells) {
      reads(turn, CELL, column(index, Column.CELL), reads);
    }
    Value from = column(index, Column.FROM);
    reads.put("fresh", F.cast(F.lt(from, F.constant(from, 0)), DType.I32));
    reads.put("given-slopes", turn.store("best-slopes", from));
    if (cells) {
      reads.put("given-multipliers", turn.store("best-multipliers", from));
    }
    reads.put(RATE, turn.field(RATE));
    Value to = F.select(turn.takes(), column(index, Column.TO), turn.before().kept("to"));
    return new Next(turn.takes(), Map.of("to", to), reads);
  }

  private static void reads(Turn turn, List<String> names, Value place, Map<String, Value> reads) {
    for (String name : names) {
      if (turn.fields().containsKey(name)) {
        reads.put(name, F.gather(turn.fields().get(name), place));
      }
    }
  }

  private Value column(Value index, Column of) {
    int c = of.ordinal();
    return F.reshape(F.slice(index, 2, c, c + 1), Shape.of(models, slots));
  }
}
