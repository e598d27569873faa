// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import static jcuda.driver.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;

import jcuda.CudaException;
import jcuda.driver.CUfunction;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.CudaFailure;

/** A kernel that can be launched. */
public final class CudaKernel {
  private static final int SHARED_WITHOUT_ASKING = 48 * 1024;

  /**
   * The extent of a launch.
   *
   * @param gridX blocks along x, 1 to 2^31-1
   * @param gridY blocks along y, 1 to 65535
   * @param gridZ blocks along z, 1 to 65535
   * @param blockX threads along x; the product of the three is at most 1024
   * @param blockY threads along y
   * @param blockZ threads along z, at most 64
   * @param shared dynamic shared memory in bytes
   */
  public record Extent(
      int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int shared) {
    public Extent {
      if (gridX < 1
          || gridY < 1
          || gridZ < 1
          || gridY > 65535
          || gridZ > 65535
          || blockX < 1
          || blockY < 1
          || blockZ < 1
          || blockZ > 64
          || (long) blockX * blockY * blockZ > 1024
          || shared < 0) {
        throw new IllegalArgumentException(
            "no such launch: " + text(gridX, gridY, gridZ, blockX, blockY, blockZ, shared));
      }
    }

    /** Returns enough blocks of {@code block} threads for {@code threads} threads. */
    public static Extent linear(long threads, int block) {
      return new Extent(Math.toIntExact((threads + block - 1) / block), 1, 1, block, 1, 1, 0);
    }

    private static String text(int gx, int gy, int gz, int bx, int by, int bz, int shared) {
      return "grid "
          + gx
          + "x"
          + gy
          + "x"
          + gz
          + ", block "
          + bx
          + "x"
          + by
          + "x"
          + bz
          + ", shared memory "
          + shared
          + " bytes";
    }

    @Override
    public String toString() {
      return text(gridX, gridY, gridZ, blockX, blockY, blockZ, shared);
    }
  }

  private final CudaContext context;
  private final String name;
  private final CUfunction function;
  private volatile int allowedShared = SHARED_WITHOUT_ASKING;

  CudaKernel(CudaContext context, String name, CUfunction function) {
    this.context = context;
    this.name = name;
    this.function = function;
  }

  public String name() {
    return name;
  }

  /** Returns one {@code CU_FUNC_ATTRIBUTE_*}: registers, spilled bytes, static shared memory. */
  public int attribute(int which) {
    context.enter();
    int[] value = new int[1];
    CudaFailure.call(
        "attribute " + which + " of kernel '" + name + "'",
        () -> JCudaDriver.cuFuncGetAttribute(value, which, function));
    return value[0];
  }

  /**
   * Queues one launch.
   *
   * @throws CudaFailure if the driver refuses it. Failures inside the kernel surface in a later
   *     call.
   */
  public void launch(CudaStream stream, Extent e, KernelArguments arguments) {
    launch(stream, e, arguments, "");
  }

  /** Queues one launch; failure messages include {@code about} (shapes, the node). */
  public void launch(CudaStream stream, Extent e, KernelArguments arguments, String about) {
    if (e.shared() > allowedShared) {
      allow(e.shared());
    }
    stream.queued(Traffic.LAUNCH);
    try {
      JCudaDriver.cuLaunchKernel(
          function,
          e.gridX(),
          e.gridY(),
          e.gridZ(),
          e.blockX(),
          e.blockY(),
          e.blockZ(),
          e.shared(),
          stream.handle(),
          arguments.pointer(),
          null);
    } catch (CudaException failure) {
      throw CudaFailure.of(
          "launching kernel '"
              + name
              + "' ("
              + e
              + ", "
              + arguments.count()
              + " arguments"
              + (about.isEmpty() ? "" : "; " + about)
              + ")",
          failure);
    }
  }

  /** Requests dynamic shared memory beyond the default limit of 48 KiB. */
  private synchronized void allow(int bytes) {
    if (bytes <= allowedShared) {
      return; // another thread already did
    }
    context.enter();
    CudaFailure.call(
        "asking for " + bytes + " bytes of shared memory in kernel '" + name + "'",
        () ->
            JCudaDriver.cuFuncSetAttribute(
                function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes));
    allowedShared = bytes;
  }

  /** Returns the driver's handle, for measurements that go around this class. */
  public CUfunction handle() {
    return function;
  }
}
