// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.ArrayList;
import java.util.List;

/** The products on which the vector code of a {@link VectorGemm} warms up. */
final class WarmUp {
  private WarmUp() {}

  /**
   * Returns products that together take every branch of the template, and every tile often: the JIT
   * counts calls, and a tile that is still uncompiled when callers meet it would stay slow for
   * long.
   *
   * @param rows of the largest tile; the others have 4, 2 and 1
   * @param lanes of a vector; a tile has two vectors a row
   */
  static GemmShape[] shapes(int rows, int lanes) {
    List<GemmShape> shapes = new ArrayList<>();
    for (int m : new int[] {rows, 4, 2, 1}) {
      for (int n : new int[] {4 * lanes, 6 * lanes}) { // A as it lies, and packed
        shapes.add(GemmShape.of(m, n, 24).batched(13, 0, 0, m * n));
        shapes.add(GemmShape.of(m, n, 24).accumulating().batched(13, 0, 0, m * n));
      }
    }
    int m = 2 * rows + 1;
    int narrow = lanes - 1;
    int shared = 3 * lanes - 1; // two panels of overlapping vectors
    shapes.add(GemmShape.of(m, narrow, 24).batched(20, 0, 0, m * narrow));
    shapes.add(GemmShape.of(m, shared, 24).transposed(false, true).batched(20, 0, 0, m * shared));
    shapes.add(GemmShape.of(m, shared, 24).transposed(true, false).batched(20, 0, 0, m * shared));
    int wide = 17 * lanes; // A packed though transposed
    shapes.add(GemmShape.of(m, wide, 24).transposed(true, false).batched(5, 0, 0, m * wide));
    shapes.add(GemmShape.of(17, 1, 24).batched(50, 0, 0, 17));
    shapes.add(GemmShape.of(18, 70, 260));
    shapes.add(GemmShape.of(33, 560, 40));
    return shapes.toArray(new GemmShape[0]);
  }
}
