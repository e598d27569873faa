// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/** Packing buffers of one thread, made once. */
final class PanelScratch {
  float[] packAFloat;
  float[] packBFloat;
  float[] edgeFloat;
  double[] packADouble;
  double[] packBDouble;
  double[] edgeDouble;
  SparseRows sparse;

  /** Of rows of A: where B has the rows of their numbers other than zero, and how many. */
  int[] places;

  int[] counts;

  PanelScratch withFloats() {
    if (packAFloat == null) {
      packAFloat = new float[PanelGemm.PACKED_ROWS * Gemm.BLOCK];
      packBFloat = new float[PanelGemm.PACKED_COLUMNS * Gemm.BLOCK];
      edgeFloat = new float[PanelGemm.EDGE];
      places = new int[PanelGemm.PACKED_ROWS * Gemm.BLOCK];
      counts = new int[PanelGemm.PACKED_ROWS];
    }
    return this;
  }

  PanelScratch withDoubles() {
    if (packADouble == null) {
      packADouble = new double[PanelGemm.PACKED_ROWS * Gemm.BLOCK];
      packBDouble = new double[PanelGemm.PACKED_COLUMNS * Gemm.BLOCK];
      edgeDouble = new double[PanelGemm.EDGE];
      sparse = new SparseRows();
    }
    return this;
  }
}
