// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

/** What a name of a graph stands for while it is traced. */
sealed interface Operand permits Term, Ints {
  /** Returns the extents in the order of the file; that of the batch is 1. */
  int[] dims();
}
