// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * A tensor [N, C, H, W] or a sequence [N, C, L] of the file as images [M, N, H, W, C]; a sequence
 * is one row high.
 *
 * @param spatial axes behind the channels in the file, 1 or 2
 */
record Images(Value value, int spatial, Batch batch) {
  /**
   * @throws IllegalArgumentException if it has other axes
   */
  static Images of(Term x) {
    if (x.rank() != 3 && x.rank() != 4) {
      throw new IllegalArgumentException(
          "needs images [N, C, H, W] or sequences [N, C, L], got " + x.extents());
    }
    Term images = x.leading();
    return new Images(channelsLast(images), x.rank() - 2, images.batch());
  }

  private static Value channelsLast(Term x) {
    if (x.channelsLast()) {
      return x.stored();
    }
    if (x.rank() == 4) {
      return F.transpose(x.value(), List.of(0, 1, 3, 4, 2));
    }
    Value last = F.transpose(x.value(), List.of(0, 1, 3, 2)); // [M, N, L, C]
    return F.reshape(last, last.shape().insert(2, 1));
  }

  /** Converts images [M, N, H, W, C] back to a tensor with the axes of the file. */
  Term term(Value y) {
    if (spatial == 2) {
      return Term.ofImages(y, batch);
    }
    Shape s = y.shape();
    Value row = F.reshape(y, s.remove(2));
    return new Term(F.transpose(row, List.of(0, 1, 3, 2)), batch);
  }

  int rows() {
    return value.shape().dim(2);
  }

  int columns() {
    return value.shape().dim(3);
  }

  int channels() {
    return value.shape().dim(4);
  }

  /** Expands numbers of the spatial axes to rows and columns. */
  int[] pair(long[] numbers, long absent, String what) {
    long[] all = {absent, absent};
    if (numbers != null) {
      if (numbers.length != spatial) {
        throw new IllegalArgumentException(
            what
                + " must be "
                + (spatial == 1 ? "one number" : "two numbers")
                + ", got "
                + Arrays.toString(numbers));
      }
      System.arraycopy(numbers, 0, all, 2 - spatial, spatial);
    }
    return new int[] {
      spatial == 1 ? (int) Math.min(absent, 1) : Math.toIntExact(all[0]), Math.toIntExact(all[1])
    };
  }
}
