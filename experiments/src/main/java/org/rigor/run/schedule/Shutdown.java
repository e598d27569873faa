// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.rigor.run.trial.Cancellation;

/**
 * An orderly end of a run on SIGINT and SIGTERM. It asks the runner to stop, gives the main thread
 * time to store what is done unless nothing would be lost, then prints the last words. The JVM ends
 * with 130 or 143.
 */
public final class Shutdown implements AutoCloseable {
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook;

  /**
   * @param lastWords called after the run has ended early
   */
  public Shutdown(Cancellation cancellation, Runnable lastWords) {
    hook =
        new Thread(
            () -> {
              cancellation.request();
              try {
                long start = System.nanoTime();
                while (!ended.await(20, TimeUnit.MILLISECONDS)
                    && !cancellation.expendable()
                    && System.nanoTime() - start < PATIENCE_NANOS) {
                  // Give the runner time to write its state.
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              lastWords.run();
            },
            "shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Signals that the run has ended. If it ended early, the JVM is already shutting down. */
  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException goingDown) {
      // The hook is running; countDown() has released it.
    }
  }
}
