// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.rigor.run.trial.Cancellation;

/**
 * Ends a run in order on SIGINT and SIGTERM: the runner is asked to stop, the main thread has time
 * to store what is done, then the last words are printed. The JVM ends with 130 or 143.
 */
public final class Shutdown implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 30;

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
                ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              lastWords.run();
            },
            "shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** The run has ended, early or not. In the first case the JVM is already going down. */
  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException goingDown) {
      // The hook is running and was just released.
    }
  }
}
