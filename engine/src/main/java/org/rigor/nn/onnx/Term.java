// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A traced tensor of real numbers. Between image operators, images keep the engine's layout,
 * channels last.
 *
 * @param stored [M or 1, extents in the file...], or [M, N, H, W, C] of [N, C, H, W] in the file
 * @param batched true if it depends on the input; then the first extent in the file is the batch
 * @param channelsLast true if stored as images
 * @param host the numbers, if the file states them; else null
 */
record Term(Value stored, boolean batched, boolean channelsLast, HostTensor host)
    implements Operand {
  /** Holds a value in the axis order of the file. */
  Term(Value value, boolean batched) {
    this(value, batched, false, null);
  }

  /** Wraps images [M, N, H, W, C]. */
  static Term ofImages(Value images, boolean batched) {
    return new Term(images, batched, true, null);
  }

  /** Returns other numbers in the same layout. */
  Term with(Value other) {
    return new Term(other, batched, channelsLast, null);
  }

  /** Returns [M or 1, extents in the file...]. */
  Value value() {
    return channelsLast ? F.transpose(stored, List.of(0, 1, 4, 2, 3)) : stored;
  }

  /** Returns the number of axes in the file. */
  int rank() {
    return stored.shape().rank() - 1;
  }

  @Override
  public int[] dims() {
    int[] s = stored.shape().dims();
    int[] d =
        channelsLast ? new int[] {s[1], s[4], s[2], s[3]} : Arrays.copyOfRange(s, 1, s.length);
    if (batched) {
      d[0] = 1;
    }
    return d;
  }

  /** Returns the position in the file of an axis, which may count from the end. */
  int axis(long axis) {
    long at = axis < 0 ? axis + rank() : axis;
    if (at < 0 || at >= rank()) {
      throw new IllegalArgumentException("axis " + axis + " is outside rank " + rank());
    }
    return (int) at;
  }

  /**
   * Returns {@link #axis} for operators that must keep samples separate.
   *
   * @throws IllegalArgumentException if it is the batch axis
   */
  int axisOfSample(long axis) {
    int at = axis(axis);
    if (at == 0 && batched) {
      throw new IllegalArgumentException("axis " + axis + " is the batch; samples must stay apart");
    }
    return at;
  }

  /** Returns the value with leading axes of extent 1 up to {@code rank} axes. */
  Value aligned(int rank) {
    Value value = value();
    Shape s = value.shape();
    while (s.rank() - 1 < rank) {
      s = s.insert(1, 1);
    }
    return F.reshape(value, s);
  }

  /** Returns the number of elements of one sample, or of the whole tensor if not batched. */
  long elements() {
    Shape s = stored.shape();
    return s.size() / s.models() / (batched ? s.dim(1) : 1);
  }

  /** Returns the extents for messages. */
  String extents() {
    return value().shape().remove(0).toString();
  }
}
