// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Slots of a {@link SlotQueue} as traced values. Programs know them as inputs {@code slot/...}.
 *
 * @param item number of the item that each slot holds, I32 [M, B]
 * @param stage {@link #IDLE}, {@link #RUNNING}, or a larger number that the work chose when it
 *     stopped, I32 [M, B]
 * @param kept what the work keeps in a slot, by name, [M, B, rest...]
 */
public record Slots(Value item, Value stage, Map<String, Value> kept) {
  /** Stage of a slot that holds no item. */
  public static final int IDLE = 0;

  /** Stage of a slot that steps move. */
  public static final int RUNNING = 1;

  public static final String PREFIX = "slot/";

  /** Declares slots as inputs. */
  static Slots input(Program.Builder b, Shape slots, Map<String, TensorType> keeps) {
    TensorType count = new TensorType(DType.I32, slots);
    Map<String, Value> kept = new LinkedHashMap<>();
    keeps.forEach((name, type) -> kept.put(name, b.input(PREFIX + name, type)));
    return new Slots(b.input(PREFIX + "item", count), b.input(PREFIX + "stage", count), kept);
  }

  /** Returns a kept value. */
  public Value kept(String name) {
    return kept.get(name);
  }

  /** Returns which slots are at a stage, bool [M, B]. */
  public Value at(int which) {
    return at(stage, which);
  }

  /** Returns where a stage is {@code which}. */
  public static Value at(Value stage, int which) {
    return F.eq(stage, F.constant(stage, which));
  }
}
