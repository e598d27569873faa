// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;

/**
 * A turn of a {@link SlotQueue} after finished items have left, as traced values.
 *
 * @param before slots as the steps left them
 * @param takes which slots take a new item, bool [M, B]
 * @param item number of the item that each slot holds now, I32 [M, B]
 * @param fields fields of all items by name, [M or 1, N, rest...]
 * @param stores results that {@linkplain SlotWork#stores stay}, by name, as they were before this
 *     turn, [M, extent, rest...]
 */
public record Turn(
    Slots before, Value takes, Value item, Map<String, Value> fields, Map<String, Value> stores) {
  /** Returns a field of the item that each slot holds now, [M, B, rest...]. */
  public Value field(String name) {
    return F.gather(fields.get(name), item);
  }

  /**
   * Returns rows of a result that stays, [M, B, rest...].
   *
   * @param place I32 [M, B]; none in which a slot leaves something in this turn
   */
  public Value store(String name, Value place) {
    return F.gather(stores.get(name), place);
  }
}
