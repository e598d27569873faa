// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

/** Traced value of a name in the graph. */
sealed interface Operand permits Term, Ints {
  /** Returns the extents in the order of the file, for a batch of one. */
  int[] dims();

  /** Returns the extents for a batch of {@link Batch#MANY} samples, if the file takes so many. */
  long[] wide();
}
