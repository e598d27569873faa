// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Map;
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
 * Cells of margins, as {@link SlotWork}: an item is a sample, a class and the signs of the values
 * that its cell restricts.
 *
 * @param rows of the margins, for what they read of samples
 * @param items N
 * @param bent shapes of the values that can be split
 */
record CellWork(RowWork rows, int items, List<Shape> bent) implements SlotWork {
  @Override
  public String name() {
    return "beta-crown-cells";
  }

  @Override
  public Map<String, TensorType> fields() {
    Map<String, TensorType> fields = rows.fields();
    fields.put("sample", of(DType.I32, items));
    fields.put("class", of(DType.I32, items));
    for (int i = 0; i < bent.size(); i++) {
      Shape all = bent.get(i).insert(0, items).insert(0, rows.models());
      fields.put("split-" + i, new TensorType(DType.F64, all));
    }
    return fields;
  }

  private TensorType of(DType dtype, int extent) {
    return new TensorType(dtype, Shape.of(rows.models(), extent));
  }

  @Override
  public Map<String, TensorType> keeps() {
    return Map.of();
  }

  @Override
  public Harvest harvest(Program.Builder b, Slots now) {
    Value over = now.at(RowPrograms.OVER);
    return new Harvest(
        over,
        List.of(
            result(b, "judged", DType.F64, now, over),
            result(b, "branch", DType.I32, now, over),
            result(b, "score", DType.F64, now, over),
            result(b, "value", DType.F64, now, over)));
  }

  private Result result(Program.Builder b, String name, DType dtype, Slots now, Value over) {
    return new Result(
        name, b.input("slot/" + name, of(dtype, rows.slots())), over, now.item(), items);
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    Map<String, Value> reads = rows.reads(turn, turn.field("sample"));
    reads.put("unit", turn.field("class"));
    for (int i = 0; i < bent.size(); i++) {
      reads.put("split-" + i, F.add(turn.field("split-" + i), 0));
    }
    return new Next(turn.takes(), Map.of(), reads);
  }
}
