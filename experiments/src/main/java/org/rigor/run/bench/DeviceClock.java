// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Arrays;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaEvent;
import org.rigor.exec.cuda.driver.CudaStream;

/**
 * A clock that takes medians over repetitions: of device time by events, of host time by the clock.
 */
public final class DeviceClock {
  private static final int REPEATS = 7;

  private DeviceClock() {}

  /**
   * Returns the median milliseconds of device time of one {@code work}, over groups of {@code n}.
   */
  public static double deviceMillis(CudaContext context, CudaStream stream, int n, Runnable work) {
    double[] ms = new double[REPEATS];
    try (CudaEvent begin = new CudaEvent(context);
        CudaEvent end = new CudaEvent(context)) {
      repeat(n, work);
      for (int r = 0; r < REPEATS; r++) {
        begin.record(stream);
        repeat(n, work);
        end.record(stream);
        ms[r] = end.millisecondsSince(begin) / n;
      }
    }
    return median(ms);
  }

  /**
   * Returns the median microseconds that the host spends on one {@code work} with an empty queue.
   *
   * @param drain waits for the stream that {@code work} queues on: a full queue would block it
   */
  public static double hostMicros(Runnable drain, int n, Runnable work) {
    double[] us = new double[REPEATS];
    repeat(n, work);
    for (int r = 0; r < REPEATS; r++) {
      drain.run();
      long start = System.nanoTime();
      repeat(n, work);
      us[r] = (System.nanoTime() - start) / 1e3 / n;
    }
    drain.run();
    return median(us);
  }

  private static void repeat(int n, Runnable work) {
    for (int i = 0; i < n; i++) {
      work.run();
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
