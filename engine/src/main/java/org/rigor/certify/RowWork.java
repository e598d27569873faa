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
 * Rows of one start, as {@link SlotWork}: item {@code sample * rows + row}. The first half of a
 * hidden start's rows are its units, the second half its units negated; a row of margins is a
 * class.
 *
 * @param input shape of a sample
 * @param sides shapes of the starts whose sides the rows read, by number
 * @param models M
 * @param samples C
 * @param slots B
 * @param units of the start
 * @param margins whether rows are margins
 */
record RowWork(
    Shape input,
    Map<Integer, Shape> sides,
    int models,
    int samples,
    int slots,
    int units,
    boolean margins)
    implements SlotWork {
  @Override
  public String name() {
    return "alpha-crown-rows";
  }

  /** Returns the rows of a sample. */
  int rows() {
    return margins ? units : 2 * units;
  }

  @Override
  public Map<String, TensorType> fields() {
    Map<String, TensorType> fields = RootWork.fields(input, models, samples);
    sides.forEach(
        (j, shape) -> {
          TensorType type = new TensorType(DType.F64, shape.insert(0, samples).insert(0, models));
          fields.put("lower-" + j, type);
          fields.put("upper-" + j, type);
        });
    return fields;
  }

  @Override
  public Map<String, TensorType> keeps() {
    return Map.of();
  }

  @Override
  public Harvest harvest(Program.Builder b, Slots now) {
    Value over = now.at(RowPrograms.OVER);
    Value judged = b.input("slot/judged", new TensorType(DType.F64, Shape.of(models, slots)));
    int extent = Math.multiplyExact(samples, rows());
    return new Harvest(over, List.of(new Result("bound", judged, over, now.item(), extent)));
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    // (item + 0.5) / rows is at least 0.5 / rows from the next integer: its floor is exact
    Value middle = F.add(F.cast(turn.item(), DType.F64), 0.5);
    Value sample = F.cast(F.div(middle, F.constant(middle, rows())), DType.I32);
    Value row = F.sub(turn.item(), F.mul(sample, rows()));
    Map<String, Value> reads = reads(turn, sample);
    if (!margins) {
      Value negated = F.ge(row, F.constant(row, units));
      Value one = F.fill(DType.F64, row.shape(), 1);
      reads.put("sign", F.select(negated, F.neg(one), one));
      row = F.select(negated, F.sub(row, F.constant(row, units)), row);
      reads.remove("label");
    }
    reads.put("unit", row);
    return new Next(turn.takes(), Map.of(), reads);
  }

  /** Traces what rows read of their samples: the fields and the sides of the starts. */
  Map<String, Value> reads(Turn turn, Value sample) {
    Map<String, Value> reads = RootWork.reads(turn, sample);
    for (int j : sides.keySet()) {
      for (String side : List.of("lower-" + j, "upper-" + j)) {
        reads.put(side, F.gather(turn.fields().get(side), sample));
      }
    }
    return reads;
  }
}
