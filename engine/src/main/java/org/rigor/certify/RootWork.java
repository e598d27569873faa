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
 * CROWN's sides and margins of samples, each at a radius of its own, as {@link SlotWork}.
 *
 * @param input shape of a sample
 * @param sides shapes of the starts
 * @param classes K
 * @param models M
 * @param samples C
 * @param slots B
 */
record RootWork(Shape input, List<Shape> sides, int classes, int models, int samples, int slots)
    implements SlotWork {
  /** Returns what every work on samples reads: them, their radii and labels. */
  static Map<String, TensorType> fields(Shape input, int models, int samples) {
    Map<String, TensorType> fields = new LinkedHashMap<>();
    fields.put("x", new TensorType(DType.F64, input.insert(0, samples).insert(0, 1)));
    fields.put("epsilon", new TensorType(DType.F64, Shape.of(models, samples)));
    fields.put("label", new TensorType(DType.I32, Shape.of(1, samples)));
    return fields;
  }

  /** Traces the fields of the samples that slots hold. */
  static Map<String, Value> reads(Turn turn, Value sample) {
    Map<String, Value> reads = new LinkedHashMap<>();
    Value x = F.gather(turn.fields().get("x"), sample);
    Value epsilon = F.gather(turn.fields().get("epsilon"), sample);
    reads.put("x", x);
    reads.put("epsilon", F.reshape(epsilon, SearchWork.ones(x.shape())));
    reads.put("label", F.gather(turn.fields().get("label"), sample));
    return reads;
  }

  @Override
  public String name() {
    return "alpha-crown-root";
  }

  @Override
  public Map<String, TensorType> fields() {
    return fields(input, models, samples);
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
    results.add(result(b, "margins", Shape.of(classes), now, over));
    return new Harvest(over, results);
  }

  private Result result(Program.Builder b, String name, Shape rest, Slots now, Value over) {
    Shape rows = rest.insert(0, slots).insert(0, models);
    Value of = b.input("slot/" + name, new TensorType(DType.F64, rows));
    return new Result(name, of, over, now.item(), samples);
  }

  @Override
  public Next next(Program.Builder b, Turn turn) {
    return new Next(turn.takes(), Map.of(), reads(turn, turn.item()));
  }
}
