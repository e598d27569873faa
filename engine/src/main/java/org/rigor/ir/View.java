// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import org.rigor.tensor.Shape;

/** Layout of a tensor in a buffer: element [i0, i1, ...] is at offset + sum of i_k * stride_k. */
public record View(Shape shape, long[] strides, long offset) {
  public static View dense(Shape shape) {
    return new View(shape, shape.strides(), 0);
  }

  /**
   * Returns true if the elements at a fixed position of the axes before {@code axis} are
   * contiguous.
   */
  public boolean isDenseFrom(int axis) {
    long n = 1;
    for (int i = shape.rank() - 1; i >= axis; i--) {
      if (shape.dim(i) != 1 && strides[i] != n) {
        return false;
      }
      n *= shape.dim(i);
    }
    return true;
  }

  /**
   * Returns strides for reading this view under a larger shape: 0 where an extent of 1 is repeated.
   */
  public long[] broadcastStrides(Shape to) {
    long[] s = strides.clone();
    for (int i = 0; i < s.length; i++) {
      if (shape.dim(i) == 1) {
        s[i] = 0;
      }
    }
    if (!shape.broadcastsTo(to)) {
      throw new IllegalArgumentException("shape " + shape + " does not broadcast to " + to);
    }
    return s;
  }
}
