// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cpu;

import org.rigor.exec.plan.Operand;

/**
 * The locations of a plan's slots for one thread. Arena slots may hold only a window of models that
 * starts at {@code origin}; bound buffers always hold all of them.
 */
final class Frame {
  private final Object[] arrays;
  private final int[] bases;
  private final boolean[] windowed;
  private int origin;

  Frame(Object[] arrays, int[] bases, boolean[] windowed) {
    this.arrays = arrays;
    this.bases = bases;
    this.windowed = windowed;
  }

  /** Sets the first model of the window that the arena holds. */
  void origin(int model) {
    origin = model;
  }

  Object array(Operand o) {
    return arrays[o.slot()];
  }

  /** Returns the index of the first element of an operand for a model. */
  int offset(Operand o, int model) {
    int m = windowed[o.slot()] ? model - origin : model;
    return Math.toIntExact(bases[o.slot()] + o.view().offset() + m * o.view().strides()[0]);
  }
}
