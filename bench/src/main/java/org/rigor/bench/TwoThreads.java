// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/** Runs part 0 on the caller and part 1 on a second thread that blocks while idle. */
final class TwoThreads implements AutoCloseable {
  private final ExecutorService second =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "second");
            thread.setDaemon(true);
            return thread;
          });

  void run(IntConsumer part) {
    Future<?> other = second.submit(() -> part.accept(1));
    part.accept(0);
    try {
      other.get();
    } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("the second thread failed", e);
    }
  }

  @Override
  public void close() {
    second.shutdown();
  }
}
