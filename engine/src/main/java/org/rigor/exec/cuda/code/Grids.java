// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import org.rigor.exec.cuda.driver.CudaKernel;

/** Sizes of grids. */
final class Grids {
  /** Blocks of 256 threads that fit a multiprocessor of 2,048 threads, twice over. */
  private static final int BLOCKS = 16;

  private Grids() {}

  /**
   * Returns a grid-stride loop over {@code n} items: blocks of 256 threads where that fills the
   * device, of 128 where it does not, and no more blocks than can be resident twice.
   */
  static CudaKernel.Extent linear(long n, int multiprocessors) {
    int threads = n >= 256L * 2 * multiprocessors ? 256 : 128;
    int blocks = blocks((n + threads - 1) / threads, multiprocessors);
    return new CudaKernel.Extent(blocks, 1, 1, threads, 1, 1, 0);
  }

  /** Returns at most as many blocks as can be resident twice; kernels loop over the rest. */
  static int blocks(long wanted, int multiprocessors) {
    return (int) Math.max(1, Math.min(wanted, (long) BLOCKS * multiprocessors));
  }
}
