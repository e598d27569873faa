// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * A tensor of the file while traced. Images between operators that work on images stay as the
 * engine has them, channels last.
 *
 * @param stored [M or 1, extents in the file...], or [M, N, H, W, C] of [N, C, H, W] in the file
 * @param batched true if it depends on the input; then the first extent in the file is the batch
 * @param channelsLast true if stored as images
 */
record Term(Value stored, boolean batched, boolean channelsLast) {
  /** In the order of the file. */
  Term(Value value, boolean batched) {
    this(value, batched, false);
  }

  /** Images [M, N, H, W, C]. */
  static Term ofImages(Value images, boolean batched) {
    return new Term(images, batched, true);
  }

  /** [M or 1, extents in the file...]. */
  Value value() {
    return channelsLast ? F.transpose(stored, List.of(0, 1, 4, 2, 3)) : stored;
  }

  /** [M or 1, N, H, W, C] of a tensor [N, C, H, W]. */
  Value images() {
    if (rank() != 4) {
      throw new IllegalArgumentException(
          "needs images [N, C, H, W], got " + value().shape().remove(0));
    }
    return channelsLast ? stored : F.transpose(stored, List.of(0, 1, 3, 4, 2));
  }

  /** Number of axes in the file. */
  int rank() {
    return stored.shape().rank() - 1;
  }

  /** The value with axes of extent 1 in front of those of the file, up to {@code rank} of them. */
  Value aligned(int rank) {
    Value value = value();
    Shape s = value.shape();
    while (s.rank() - 1 < rank) {
      s = s.insert(1, 1);
    }
    return F.reshape(value, s);
  }

  /** Elements of one sample, or all of them if not batched. */
  long elements() {
    Shape s = stored.shape();
    return s.size() / s.models() / (batched ? s.dim(1) : 1);
  }
}
