// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.Optional;
import java.util.function.Function;
import org.rigor.exec.plan.Operand;

/** One step of a plan before it has addresses. */
interface StepCode {
  /** What must be compiled for it; empty where a library does the work. */
  Optional<KernelSource> source();

  /** Bytes of its argument block. */
  int argumentBytes();

  /** How many nodes it adds to a graph. */
  int nodes();

  /** Fixes addresses and arguments; the result queues the step on the site's stream. */
  Runnable bind(Site site);

  /**
   * Where a step runs.
   *
   * @param address device memory of an operand and the byte at which its view begins
   * @param kernels compiled kernels by entry
   * @param page holds the argument block, at byte {@code offset}
   */
  record Site(
      Function<Operand, Place> address,
      Function<String, CudaKernel> kernels,
      PinnedMemory page,
      int offset,
      CudaStream stream,
      Cublas blas) {}

  /** A byte of device memory. */
  record Place(DeviceMemory memory, long offset) {
    long address() {
      return memory.address(offset);
    }
  }
}
