// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.cuda.loading.CudaFailure;

/**
 * Page-locked host memory: required for asynchronous copies, and home of kernel parameter blocks.
 * At most 2 GiB - 1 bytes, since a ByteBuffer exposes it.
 */
public final class PinnedMemory implements AutoCloseable {
  private final CudaContext context;
  private final String name;
  private final Pointer pointer = new Pointer();
  private final ByteBuffer buffer;
  private final long address;
  private boolean closed;

  public PinnedMemory(CudaContext context, String name, int bytes) {
    this.context = context;
    this.name = name;
    context.enter();
    CudaFailure.call(
        "allocating " + bytes + " bytes of pinned memory for '" + name + "'",
        () -> JCudaDriver.cuMemAllocHost(pointer, bytes));
    buffer = pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    address = new Address(pointer).value();
    context.opened(this);
  }

  /** Exposes the raw address that the bindings keep protected. */
  private static final class Address extends Pointer {
    Address(Pointer p) {
      super(p);
    }

    long value() {
      return getNativePointer() + getByteOffset();
    }
  }

  /** Returns the memory, in native byte order. It must not be used after {@link #close()}. */
  public ByteBuffer buffer() {
    if (closed) {
      throw new IllegalStateException("pinned memory '" + name + "' is closed");
    }
    return buffer;
  }

  public int bytes() {
    return buffer.capacity();
  }

  long address(int offset) {
    return address + offset;
  }

  Pointer at(int offset) {
    buffer();
    return offset == 0 ? pointer : pointer.withByteOffset(offset);
  }

  @Override
  public String toString() {
    return "pinned memory '" + name + "' (" + buffer.capacity() + " bytes)";
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      context.enter();
      context.released(this);
      CudaFailure.call("freeing pinned '" + name + "'", () -> JCudaDriver.cuMemFreeHost(pointer));
    }
  }
}
