// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.driver;

import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;
import org.rigor.exec.cuda.loading.CudaFailure;

/** A point in a stream's work that can be waited for and timed. */
public final class CudaEvent implements AutoCloseable {
  private final CudaContext context;
  private final CUevent event = new CUevent();
  private CudaStream stream;
  private long after;
  private boolean closed;

  public CudaEvent(CudaContext context) {
    this.context = context;
    context.enter();
    CudaFailure.call("creating an event", () -> JCudaDriver.cuEventCreate(event, 0));
    context.opened(this);
  }

  CUevent handle() {
    if (closed) {
      throw new IllegalStateException("the event is closed");
    }
    return event;
  }

  /** Marks the end of what is queued on a stream so far. */
  public void record(CudaStream on) {
    stream = on;
    after = on.queued();
    CudaFailure.call("recording an event", () -> JCudaDriver.cuEventRecord(handle(), on.handle()));
  }

  /** Returns whether nothing was queued behind the mark. */
  boolean isLast() {
    return stream != null && stream.queued() == after;
  }

  /** Waits for the work before the mark; returns at once if nothing was marked. */
  public void synchronize() {
    context.enter();
    if (stream != null) {
      stream.waits(after);
    }
    CudaFailure.call("waiting for an event", () -> JCudaDriver.cuEventSynchronize(handle()));
  }

  /**
   * Returns the milliseconds of device time from {@code earlier} to this event; both must be
   * recorded.
   */
  public double millisecondsSince(CudaEvent earlier) {
    synchronize();
    float[] ms = new float[1];
    CudaFailure.call(
        "timing two events", () -> JCudaDriver.cuEventElapsedTime(ms, earlier.handle(), handle()));
    return ms[0];
  }

  @Override
  public String toString() {
    return "event";
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      context.enter();
      context.released(this);
      CudaFailure.call("closing an event", () -> JCudaDriver.cuEventDestroy(event));
    }
  }
}
