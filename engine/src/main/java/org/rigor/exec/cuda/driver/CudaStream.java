// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import static jcuda.driver.CUstream_flags.CU_STREAM_NON_BLOCKING;

import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.Traffic;
import org.rigor.exec.cuda.loading.CudaFailure;

/** A queue of work on one device, in order. It does not wait for the default stream. */
public final class CudaStream implements AutoCloseable {
  private final CudaContext context;
  private final String name;
  private final CUstream stream = new CUstream();
  private long queued;
  private long done;
  private boolean closed;

  public CudaStream(CudaContext context, String name) {
    this.context = context;
    this.name = name;
    context.enter();
    CudaFailure.call(
        "creating stream '" + name + "'",
        () -> JCudaDriver.cuStreamCreate(stream, CU_STREAM_NON_BLOCKING));
    context.opened(this);
  }

  public CudaContext context() {
    return context;
  }

  CUstream handle() {
    if (closed) {
      throw new IllegalStateException("stream '" + name + "' is closed");
    }
    context.enter();
    return stream;
  }

  /** Counts one piece of work that the calling thread queues here, or records. */
  void queued(Traffic what) {
    if (context.queues(what)) {
      queued++;
    }
  }

  /** Returns how many pieces of work were queued so far. */
  long queued() {
    return queued;
  }

  /** Counts a wait for the first {@code n} pieces of work, unless they are known to be done. */
  void waits(long n) {
    if (n > done) {
      context.count(n == queued ? Traffic.DRAIN : Traffic.WAIT);
      done = n;
    }
  }

  /** Waits for all work queued so far; kernel failures are reported here. */
  public void synchronize() {
    CUstream s = handle();
    waits(queued);
    CudaFailure.call("waiting for stream '" + name + "'", () -> JCudaDriver.cuStreamSynchronize(s));
  }

  /** Makes later work of this stream wait for the event. */
  public void waitFor(CudaEvent event) {
    CUstream s = handle();
    CudaFailure.call(
        "waiting for an event", () -> JCudaDriver.cuStreamWaitEvent(s, event.handle(), 0));
  }

  /** Queues a copy from pinned memory. */
  public void upload(DeviceMemory to, long offset, PinnedMemory from, int fromOffset, int bytes) {
    CUstream s = handle();
    checkPinned(from, fromOffset, bytes);
    queued(Traffic.toDevice(bytes));
    CudaFailure.call(
        "copying to '" + to.name() + "'",
        () -> JCudaDriver.cuMemcpyHtoDAsync(to.at(offset, bytes), from.at(fromOffset), bytes, s));
  }

  /** Queues a copy to pinned memory. */
  public void download(PinnedMemory to, int toOffset, DeviceMemory from, long offset, int bytes) {
    CUstream s = handle();
    checkPinned(to, toOffset, bytes);
    queued(Traffic.toHost(bytes));
    CudaFailure.call(
        "copying from '" + from.name() + "'",
        () -> JCudaDriver.cuMemcpyDtoHAsync(to.at(toOffset), from.at(offset, bytes), bytes, s));
  }

  /** Queues a copy within the device; the ranges must not overlap. */
  public void copy(DeviceMemory to, long toOffset, DeviceMemory from, long fromOffset, long bytes) {
    CUstream s = handle();
    queued(Traffic.within(bytes));
    CudaFailure.call(
        "copying from '" + from.name() + "' to '" + to.name() + "'",
        () ->
            JCudaDriver.cuMemcpyDtoDAsync(
                to.at(toOffset, bytes), from.at(fromOffset, bytes), bytes, s));
  }

  /** Queues a fill of {@code words} 32-bit words with one bit pattern. */
  public void fill(DeviceMemory to, long offset, int bits, long words) {
    CUstream s = handle();
    queued(Traffic.LAUNCH);
    CudaFailure.call(
        "filling '" + to.name() + "'",
        () -> JCudaDriver.cuMemsetD32Async(to.at(offset, 4 * words), bits, words, s));
  }

  private static void checkPinned(PinnedMemory memory, int offset, int bytes) {
    if (offset < 0 || bytes < 0 || offset > memory.bytes() - bytes) {
      throw new IndexOutOfBoundsException(
          "bytes " + offset + " to " + ((long) offset + bytes) + " of " + memory);
    }
  }

  @Override
  public String toString() {
    return "stream '" + name + "'";
  }

  @Override
  public void close() {
    if (!closed) {
      CUstream s = handle();
      closed = true;
      context.released(this);
      CudaFailure.call("closing stream '" + name + "'", () -> JCudaDriver.cuStreamDestroy(s));
    }
  }
}
