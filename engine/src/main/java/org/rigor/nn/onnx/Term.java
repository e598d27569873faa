// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * A tensor of the file while traced.
 *
 * @param value [M or 1, extents in the file...]
 * @param batched true if it depends on the input; then the first extent in the file is the batch
 */
record Term(Value value, boolean batched) {
  /** Number of axes in the file. */
  int rank() {
    return value.shape().rank() - 1;
  }

  /** The value with axes of extent 1 in front of those of the file, up to {@code rank} of them. */
  Value aligned(int rank) {
    Shape s = value.shape();
    while (s.rank() - 1 < rank) {
      s = s.insert(1, 1);
    }
    return F.reshape(value, s);
  }

  /** Elements of one sample, or all of them if not batched. */
  long elements() {
    Shape s = value.shape();
    return s.size() / s.models() / (batched ? s.dim(1) : 1);
  }
}
