// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.CudaFailure;

/** A named block of device memory. Not initialised. Offsets and sizes are in bytes. */
public final class DeviceMemory implements AutoCloseable {
  private static final CUstream DEFAULT_STREAM = new CUstream();

  private final CudaContext context;
  private final String name;
  private final long bytes;
  private final CUdeviceptr pointer = new CUdeviceptr();
  private final long address;
  private boolean closed;

  /**
   * Allocates {@code bytes} (at least one).
   *
   * @throws CudaFailure with {@link CudaFailure#isOutOfMemory()} if the device lacks the memory
   */
  public DeviceMemory(CudaContext context, String name, long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("'" + name + "' needs at least one byte, got " + bytes);
    }
    this.context = context;
    this.name = name;
    this.bytes = bytes;
    context.enter();
    CudaFailure.call(
        "allocating " + bytes + " bytes of device memory for '" + name + "'",
        () -> JCudaDriver.cuMemAlloc(pointer, bytes));
    address = new Address(pointer).value();
    context.opened(this);
  }

  /** Exposes the raw address that the bindings keep protected. */
  private static final class Address extends CUdeviceptr {
    Address(CUdeviceptr p) {
      super(p);
    }

    long value() {
      return getNativePointer() + getByteOffset();
    }
  }

  public String name() {
    return name;
  }

  public long bytes() {
    return bytes;
  }

  /** Returns the device address of byte {@code offset}. */
  public long address(long offset) {
    check(offset, 0);
    return address + offset;
  }

  /** Returns a device pointer for the bindings, which also accept host arrays. */
  CUdeviceptr at(long offset, long length) {
    check(offset, length);
    return offset == 0 ? pointer : pointer.withByteOffset(offset);
  }

  private void check(long offset, long length) {
    if (closed) {
      throw new IllegalStateException("buffer '" + name + "' is closed");
    }
    if (offset < 0 || length < 0 || offset > bytes - length) {
      throw new IndexOutOfBoundsException(
          "bytes "
              + offset
              + " to "
              + (offset + length)
              + " of buffer '"
              + name
              + "', which has "
              + bytes);
    }
  }

  /** Copies a whole host array here and waits. */
  public void upload(long offset, float[] from) {
    upload(offset, Pointer.to(from), 4L * from.length);
  }

  public void upload(long offset, double[] from) {
    upload(offset, Pointer.to(from), 8L * from.length);
  }

  public void upload(long offset, int[] from) {
    upload(offset, Pointer.to(from), 4L * from.length);
  }

  /** Fills a whole host array from here. Does not wait for work of a {@link CudaStream}. */
  public void download(long offset, float[] to) {
    download(offset, Pointer.to(to), 4L * to.length);
  }

  public void download(long offset, double[] to) {
    download(offset, Pointer.to(to), 8L * to.length);
  }

  public void download(long offset, int[] to) {
    download(offset, Pointer.to(to), 4L * to.length);
  }

  private void upload(long offset, Pointer from, long length) {
    CUdeviceptr to = at(offset, length);
    context.enter();
    if (length > 0) {
      context.count(Traffic.toDevice(length).plus(Traffic.WAIT));
      // From pageable memory the call may return before the data has reached the device, and the
      // streams of this package do not wait for the default stream.
      CudaFailure.call(
          "copying to '" + name + "'",
          () -> {
            JCudaDriver.cuMemcpyHtoD(to, from, length);
            return JCudaDriver.cuStreamSynchronize(DEFAULT_STREAM);
          });
    }
  }

  private void download(long offset, Pointer to, long length) {
    CUdeviceptr from = at(offset, length);
    context.enter();
    if (length > 0) {
      context.count(Traffic.toHost(length).plus(Traffic.WAIT));
      CudaFailure.call(
          "copying from '" + name + "'", () -> JCudaDriver.cuMemcpyDtoH(to, from, length));
    }
  }

  @Override
  public String toString() {
    return "device memory '" + name + "' (" + bytes + " bytes)";
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      context.enter();
      context.released(this);
      CudaFailure.call("freeing '" + name + "'", () -> JCudaDriver.cuMemFree(pointer));
    }
  }
}
