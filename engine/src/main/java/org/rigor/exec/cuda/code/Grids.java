// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.code;

import org.rigor.exec.cuda.driver.CudaKernel;

/** Grid sizes. */
final class Grids {
  /** Blocks of 256 threads that fill a multiprocessor of 2,048 threads twice. */
  private static final int BLOCKS = 16;

  private Grids() {}

  /**
   * Returns the extent of a grid-stride loop over {@code n} items: blocks of 256 threads if that
   * fills the device, else of 128, and at most twice the resident blocks.
   */
  static CudaKernel.Extent linear(long n, int multiprocessors) {
    int threads = n >= 256L * 2 * multiprocessors ? 256 : 128;
    int blocks = blocks((n + threads - 1) / threads, multiprocessors);
    return new CudaKernel.Extent(blocks, 1, 1, threads, 1, 1, 0);
  }

  /** Limits a grid to twice the resident blocks; kernels loop over the rest. */
  static int blocks(long wanted, int multiprocessors) {
    return (int) Math.max(1, Math.min(wanted, (long) BLOCKS * multiprocessors));
  }
}
