// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Reshaping with the batch axis free. A file states extents for the batch it was exported with, so
 * they are worked out for a batch of one, and the 1 they must then begin with stands for the batch.
 */
final class Extents {
  private Extents() {}

  /**
   * The operator Reshape.
   *
   * @param target extents; -1 for what remains, 0 for the extent of the same axis before
   * @param allowZero true if 0 means an extent of zero, which nothing here has
   * @throws IllegalArgumentException if they do not fit, or the batch would be mixed with others
   */
  static Term reshape(Term x, int[] target, boolean allowZero) {
    int[] to = target.clone();
    long known = 1;
    int rest = -1;
    for (int i = 0; i < to.length; i++) {
      if (to[i] == 0 && !allowZero && i < x.rank()) {
        to[i] = i == 0 && x.batched() ? 1 : x.value().shape().dim(i + 1);
      }
      if (to[i] == -1 && rest < 0) {
        rest = i;
      } else if (to[i] < 1) {
        throw misfit(x, target);
      } else {
        known = Math.multiplyExact(known, (long) to[i]);
      }
    }
    if (rest >= 0) {
      to[rest] = Math.toIntExact(x.elements() / known);
      known = Math.multiplyExact(known, (long) to[rest]);
    }
    if (known != x.elements()) {
      throw misfit(x, target);
    }
    return with(x, to, target);
  }

  /** The operator Flatten: the axes before {@code axis} as one, the others as one. */
  static Term flatten(Term x, long axis) {
    long at = axis < 0 ? axis + x.rank() : axis;
    if (at < 0 || at > x.rank()) {
      throw new IllegalArgumentException("axis " + axis + " is outside rank " + x.rank());
    }
    int[] to = {1, 1};
    for (int i = x.batched() ? 1 : 0; i < x.rank(); i++) {
      int side = i < at ? 0 : 1;
      to[side] = Math.multiplyExact(to[side], x.value().shape().dim(i + 1));
    }
    return with(x, to, to);
  }

  private static Term with(Term x, int[] to, int[] target) {
    Value v = x.value();
    int models = v.shape().models();
    if (!x.batched()) {
      return new Term(F.reshape(v, Shape.of(to).insert(0, models)), false);
    }
    if (to.length == 0 || to[0] != 1) {
      throw new IllegalArgumentException(
          "the first axis must stay the batch, got "
              + Arrays.toString(target)
              + " for a sample of "
              + x.elements()
              + " elements");
    }
    Shape s = Shape.of(to).with(0, v.shape().dim(1)).insert(0, models);
    return new Term(F.reshape(v, s), true);
  }

  private static IllegalArgumentException misfit(Term x, int[] target) {
    return new IllegalArgumentException(
        "cannot reshape "
            + x.elements()
            + (x.batched() ? " elements of a sample to " : " elements to ")
            + Arrays.toString(target));
  }
}
