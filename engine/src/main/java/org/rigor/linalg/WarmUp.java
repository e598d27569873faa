// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Products on which the vector code of a {@link VectorGemm} warms up. */
final class WarmUp {
  private WarmUp() {}

  /**
   * Returns a function that runs all products once and returns the seconds taken: by a kernel, or
   * by the scalar reference if that is null.
   */
  static ToDoubleFunction<PanelGemm.OfFloat> floats(int bits, int rows, PanelScratch scratch) {
    float[] a = new float[20_000];
    float[] b = new float[48_000];
    float[] c = new float[50_000];
    PanelScratch mine = scratch.withFloats();
    GemmShape[] shapes = shapes(rows, bits / Float.SIZE);
    return kernel -> {
      SparseFloats.warm(kernel, mine, bits, a, b, c);
      for (GemmShape s : shapes) {
        for (int i = 0; kernel != null && i < s.count(); i++) {
          kernel.pack(b, 0, s.ldb(), s.transB(), s.n(), s.k(), mine.packBFloat, 0);
        }
      }
      long start = System.nanoTime();
      for (GemmShape s : shapes) {
        if (kernel == null) {
          ScalarGemm.INSTANCE.run(s, a, 0, b, 0, c, 0);
        } else {
          VectorGemm.run(kernel, mine, s, a, 0, b, 0, s.strideB(), false, c, 0, 0, s.rows());
        }
      }
      return (System.nanoTime() - start) * 1e-9;
    };
  }

  /** Returns the same in double. */
  static ToDoubleFunction<PanelGemm.OfDouble> doubles(int bits, int rows, PanelScratch scratch) {
    double[] a = new double[20_000];
    double[] b = new double[48_000];
    double[] c = new double[50_000];
    PanelScratch mine = scratch.withDoubles();
    GemmShape[] shapes = shapes(rows, bits / Double.SIZE);
    return kernel -> {
      for (GemmShape s : shapes) {
        for (int i = 0; kernel != null && i < s.count(); i++) {
          kernel.pack(b, 0, s.ldb(), s.transB(), s.n(), s.k(), mine.packBDouble, 0);
        }
      }
      long start = System.nanoTime();
      for (GemmShape s : shapes) {
        if (kernel == null) {
          ScalarGemm.INSTANCE.run(s, a, 0, b, 0, c, 0);
        } else {
          VectorGemm.run(kernel, mine, s, a, 0, b, 0, s.strideB(), false, c, 0, 0, s.rows());
        }
      }
      return (System.nanoTime() - start) * 1e-9;
    };
  }

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
    for (int m : new int[] {4, 2, 1}) {
      for (int n : new int[] {4 * lanes, 6 * lanes}) { // A as it lies, and packed
        shapes.add(GemmShape.of(m, n, 24).batched(13, 0, 0, m * n));
        shapes.add(GemmShape.of(m, n, 24).accumulating().batched(13, 0, 0, m * n));
      }
    }
    for (int m : new int[] {rows, 4}) { // both packed
      GemmShape both = GemmShape.of(m, 6 * lanes, 24).transposed(false, true);
      shapes.add(both.batched(13, 0, 0, m * 6 * lanes));
      shapes.add(both.accumulating().batched(13, 0, 0, m * 6 * lanes));
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
