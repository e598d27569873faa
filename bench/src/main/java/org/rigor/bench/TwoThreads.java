// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * A pair of threads: the caller runs part 0, a second thread part 1. When idle the second thread
 * spins for 100 us, then sleeps, like the engine's own threads (peers' threads spin for some 30
 * ms).
 */
final class TwoThreads implements AutoCloseable {
  private static final long WATCH_NANOS = 100_000;

  private volatile IntConsumer job;
  private volatile Throwable failure;
  private volatile boolean closed;
  private final Thread second = new Thread(this::loop, "second");

  TwoThreads() {
    second.setDaemon(true);
    second.start();
  }

  void run(IntConsumer part) {
    job = part;
    LockSupport.unpark(second);
    part.accept(0);
    while (job != null) {
      Thread.onSpinWait();
    }
    if (failure != null) {
      throw new IllegalStateException("the second thread failed", failure);
    }
  }

  private void loop() {
    while (!closed) {
      for (long start = System.nanoTime(); job == null && !closed; ) {
        if (System.nanoTime() - start < WATCH_NANOS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      if (job != null) {
        try {
          job.accept(1);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        job = null;
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(second);
  }
}
