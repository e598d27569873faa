// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

/** Traced value of a name in the graph. */
sealed interface Operand permits Term, Ints {
  /** Returns the extents in the order of the file; that of the batch is 1. */
  int[] dims();
}
