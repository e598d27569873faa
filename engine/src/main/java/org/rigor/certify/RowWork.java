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
import org.rigor.queue.SlotWork;
import org.rigor.queue.Slots;
import org.rigor.queue.Turn;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Rows of one start, as {@link SlotWork}: an item is a row with its cell and the numbers that its
 * ascent begins with.
 *
 * @param input shape of an input
 * @param ball whether regions are balls in boxes
 * @param sides shapes of the starts whose sides rows read, by number
 * @param start of the rows
 * @param margins whether rows are given by coefficients; else each is a unit of the start, or its
 *     negative
 * @param reads whether rows read the input as well
 * @param cells whether rows may be over cells
 * @param models M
 * @param sites S
 * @param items N
 * @param slots B
 */
record RowWork(
    Shape input,
    boolean ball,
    Map<Integer, Shape> sides,
    Start start,
    boolean margins,
    boolean reads,
    boolean cells,
    int models,
    int sites,
    int items,
    int slots)
    implements SlotWork {
  @Override
  public String name() {
    return "rows";
  }

  private Map<String, TensorType> regions() {
    Map<String, TensorType> fields = RootWork.fields(input, ball, models, sites);
    sides.forEach(
        (j, shape) -> {
          TensorType type = Traced.f64(shape.insert(0, sites).insert(0, models));
          fields.put("lower-" + j, type);
          fields.put("upper-" + j, type);
        });
    return fields;
  }

  private Map<String, TensorType> rows() {
    Map<String, TensorType> fields = new LinkedHashMap<>();
    if (margins) {
      fields.put("outputs", of(DType.F64, start.size()));
      fields.put("constant", new TensorType(DType.F64, Shape.of(models, items)));
      if (reads) {
        fields.put("inputs", Traced.f64(input.insert(0, items).insert(0, models)));
      }
    } else {
      fields.put("unit", new TensorType(DType.I32, Shape.of(models, items)));
    }
    if (start.width() > 0) {
      if (cells) {
        fields.put("at", of(DType.I32, RowPrograms.DEPTH));
        fields.put("split", of(DType.F32, RowPrograms.DEPTH));
        fields.put("given-multipliers", of(DType.F32, RowPrograms.DEPTH));
      }
      if (start.cuts()) {
        fields.put("point", of(DType.F64, RowPrograms.DEPTH));
      }
      fields.put("rate", new TensorType(DType.F32, Shape.of(models, items)));
      fields.put("fresh", new TensorType(DType.I32, Shape.of(models, items)));
      fields.put("given-slopes", of(DType.F32, start.width()));
    }
    return fields;
  }

  private TensorType of(DType dtype, int extent) {
    return new TensorType(dtype, Shape.of(models, items, extent));
  }

  @Override
  public Map<String, TensorType> fields() {
    Map<String, TensorType> fields = regions();
    fields.put("site", new TensorType(DType.I32, Shape.of(models, items)));
    fields.putAll(rows());
    return fields;
  }

  @Override
  public Map<String, TensorType> keeps() {
    return Map.of();
  }

  @Override
  public Harvest harvest(Program.Builder b, Slots now) {
    Value over = now.at(RowPrograms.OVER);
    List<Result> results = new ArrayList<>();
    Shape each = Shape.of(models, slots);
    results.add(result(b, "judged", DType.F64, each, now, over));
    if (start.width() > 0) {
      results.add(result(b, "branch", DType.I32, each, now, over));
      results.add(result(b, "score", DType.F64, each, now, over));
      if (start.cuts()) {
        results.add(result(b, "cut", DType.F64, each, now, over));
      }
      Shape slopes = each.insert(2, start.width());
      results.add(result(b, "best-slopes", DType.F32, slopes, now, over));
      if (cells) {
        Shape multipliers = each.insert(2, RowPrograms.DEPTH);
        results.add(result(b, "best-multipliers", DType.F32, multipliers, now, over));
      }
    }
    if (margins) {
      results.add(result(b, "value", DType.F64, each, now, over));
      Shape x = input.insert(0, slots).insert(0, models);
      results.add(result(b, "corner", DType.F64, x, now, over));
    }
    return new Harvest(over, results);
  }

  private Result result(
      Program.Builder b, String name, DType dtype, Shape rows, Slots now, Value over) {
    Value v = b.input("slot/" + name, new TensorType(dtype, rows));
    return new Result(name, v, over, now.item(), items);
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    Set<String> regions = regions().keySet();
    Map<String, Value> reads = RootWork.reads(turn, turn.field("site"), regions);
    for (String name : rows().keySet()) {
      Value v = turn.field(name);
      if (name.equals("unit")) {
        Value negated = F.ge(v, F.constant(v, start.size()));
        Value one = F.fill(DType.F64, v.shape(), 1);
        reads.put("sign", F.select(negated, F.neg(one), one));
        v = F.select(negated, F.sub(v, F.constant(v, start.size())), v);
      }
      reads.put(name, v);
    }
    return new Next(turn.takes(), Map.of(), reads);
  }
}
