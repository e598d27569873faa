// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import org.rigor.tensor.DType;

/**
 * Storage of one materialised tensor, dense as [models, perModel].
 *
 * @param models M, or 1 where all models share it
 * @param perModel elements per model
 * @param name of the program input or output whose buffer it is; null in the arena
 * @param output true if {@code name} is an output
 * @param arenaOffset in the arena: offset in elements per model within the slab of its type (shared
 *     and per-model slots have separate slabs); otherwise 0
 */
public record Slot(
    int id, DType dtype, int models, long perModel, String name, boolean output, long arenaOffset) {
  public boolean inArena() {
    return name == null;
  }

  Slot at(long offset) {
    return new Slot(id, dtype, models, perModel, name, output, offset);
  }
}
