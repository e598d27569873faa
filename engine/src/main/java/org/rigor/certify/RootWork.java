// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
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
 * CROWN's sides of regions, as {@link SlotWork}.
 *
 * @param input shape of an input
 * @param ball whether regions are balls in boxes
 * @param sides shapes of the starts
 * @param classes K of margins over labels; 0 for none
 * @param models M
 * @param sites S
 * @param slots B
 */
record RootWork(
    Shape input, boolean ball, List<Shape> sides, int classes, int models, int sites, int slots)
    implements SlotWork {
  /** Returns what every work on regions reads. */
  static Map<String, TensorType> fields(Shape input, boolean ball, int models, int sites) {
    Map<String, TensorType> fields = new LinkedHashMap<>();
    TensorType each = Traced.f64(input.insert(0, sites).insert(0, models));
    fields.put("low", each);
    fields.put("high", each);
    if (ball) {
      fields.put("x", each);
      fields.put("epsilon", Traced.f64(Shape.of(models, sites)));
    }
    return fields;
  }

  /** Traces the fields of the regions that slots hold. */
  static Map<String, Value> reads(Turn turn, Value site, Iterable<String> fields) {
    Map<String, Value> reads = new LinkedHashMap<>();
    for (String name : fields) {
      reads.put(name, F.gather(turn.fields().get(name), site));
    }
    if (reads.containsKey("epsilon")) {
      Shape ones = SearchWork.ones(reads.get("x").shape());
      reads.put("epsilon", F.reshape(reads.get("epsilon"), ones));
    }
    return reads;
  }

  @Override
  public String name() {
    return "root";
  }

  /** Every region takes one move. */
  @Override
  public int most() {
    return 1;
  }

  @Override
  public Map<String, TensorType> fields() {
    Map<String, TensorType> fields = fields(input, ball, models, sites);
    if (classes > 0) {
      fields.put("label", new TensorType(DType.I32, Shape.of(models, sites)));
    }
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
    for (int j = 0; j < sides.size(); j++) {
      for (String side : List.of("lower-" + j, "upper-" + j)) {
        results.add(result(b, side, sides.get(j), now, over));
      }
    }
    if (classes > 0) {
      results.add(result(b, "margins", Shape.of(classes), now, over));
    }
    return new Harvest(over, results);
  }

  private Result result(Program.Builder b, String name, Shape rest, Slots now, Value over) {
    Shape rows = rest.insert(0, slots).insert(0, models);
    Value of = b.input("slot/" + name, new TensorType(DType.F64, rows));
    return new Result(name, of, over, now.item(), sites);
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    return new Next(turn.takes(), Map.of(), reads(turn, turn.item(), fields().keySet()));
  }
}
