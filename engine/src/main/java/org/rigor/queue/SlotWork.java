// SPDX-License-Identifier: Apache-2.0
package org.rigor.queue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.TensorType;

/**
 * Work whose length varies between items, for a {@link SlotQueue}. Steps move the slots [M, B] that
 * run, and stop those that need a turn; a turn takes the results of finished items and decides how
 * the others go on. What an item does must depend on its fields and its number, never on its slot.
 */
public interface SlotWork {
  /** Name of its programs. */
  String name();

  /** Returns the least number of moves that an item takes, at least 1. */
  default int least() {
    return 1;
  }

  /**
   * Returns the largest number of moves that an item takes; the queue refuses work that runs on.
   */
  default int most() {
    return Integer.MAX_VALUE;
  }

  /** Returns the fields of items by name, [M or 1, N, rest...]. */
  Map<String, TensorType> fields();

  /** Returns what a slot keeps from turn to turn, by name, [M, B, rest...]; zero at first. */
  Map<String, TensorType> keeps();

  /**
   * Returns the names of results that stay from run to run, and whose rows slots may read when they
   * begin, as the last turn left them ({@link Turn#store}). Their buffers must be there before the
   * queue is made.
   */
  default Set<String> stores() {
    return Set.of();
  }

  /**
   * Values that slots leave in a result, {@code result/name} [M, extent, rest...], at once.
   *
   * @param rows [M, B, rest...]
   * @param leaves which slots leave theirs, bool [M, B]
   * @param place where, I32 [M, B]; the places of a model's slots differ
   * @param extent places of a model
   */
  record Result(String name, Value rows, Value leaves, Value place, int extent) {}

  /**
   * What stopped slots leave.
   *
   * @param finished which slots are done with their item, bool [M, B]
   */
  record Harvest(Value finished, List<Result> results) {}

  /** Traces what slots leave after steps. */
  Harvest harvest(Program.Builder b, Slots now);

  /**
   * Slots after a turn.
   *
   * @param runs which slots run from now on, bool [M, B]: those that take an item among them
   * @param kept next values of {@link #keeps}
   * @param reads further inputs {@code slot/name} of steps, made anew in every turn
   */
  record Next(Value runs, Map<String, Value> kept, Map<String, Value> reads) {}

  /** Traces how slots begin, or go on. */
  Next next(Program.Builder b, Turn turn);
}
