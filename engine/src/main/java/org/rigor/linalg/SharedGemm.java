// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.stream.IntStream;

/**
 * Products of matrices in double whose rows the processors share, for work on the host: the bits
 * are those of {@link Gemm#run} on one thread.
 */
public final class SharedGemm {
  /** Operations below which threads cost more than they save. */
  private static final double SMALL = 4e6;

  private static final Gemm GEMM = Gemms.open("auto").gemm();

  private SharedGemm() {}

  /** Computes all rows; see {@link Gemm#run}. */
  public static void run(
      GemmShape shape, double[] a, int aOff, double[] b, int bOff, double[] c, int cOff) {
    int rows = shape.rows();
    int parts = shape.flops() < SMALL ? 1 : Runtime.getRuntime().availableProcessors();
    int each = (rows + parts - 1) / parts;
    if (parts == 1) {
      GEMM.run(shape, a, aOff, b, bOff, c, cOff);
      return;
    }
    IntStream.range(0, parts)
        .parallel()
        .forEach(
            i -> {
              int from = Math.min(rows, i * each);
              GEMM.run(shape, a, aOff, b, bOff, c, cOff, from, Math.min(rows, from + each));
            });
  }
}
