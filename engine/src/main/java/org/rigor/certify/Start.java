// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Set;
import org.rigor.tensor.Shape;

/**
 * A value from which bounds propagate backward: a pre-activation, or the logits.
 *
 * @param units its shape without models and rows
 * @param bent whether it is not affine in the input, so that ascent may tighten its sides
 * @param before numbers of the starts that its own bounds depend on
 * @param bends bent values below it with free lower slopes, in topological order. Elements of all
 *     of them are numbered on.
 * @param name where it was traced, such as the node of an ONNX file
 */
record Start(Shape units, boolean bent, Set<Integer> before, List<Bend> bends, String name) {
  /**
   * A value that an operation bends and whose sign can be split.
   *
   * @param start number of the start that it is, -1 if it only moves elements of one
   * @param name where the operation was traced, such as the node of an ONNX file
   */
  record Bend(int start, String name, int size) {}

  int size() {
    return Math.toIntExact(units.size());
  }

  /** Returns the elements of all bent values. */
  int width() {
    return bends.stream().mapToInt(Bend::size).sum();
  }

  /** Returns the number of the first element of a bent value. */
  int offset(int bend) {
    return bends.subList(0, bend).stream().mapToInt(Bend::size).sum();
  }
}
