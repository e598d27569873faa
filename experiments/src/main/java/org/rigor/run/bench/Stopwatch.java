// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntToDoubleFunction;

/**
 * A stopwatch for work that ends by waiting for the device; it uses wall time unless the work reads
 * another clock.
 */
final class Stopwatch {
  private static final int WARM_UP = 3;
  private static final int REPEATS = 21;

  private Stopwatch() {}

  /** Milliseconds of one run: median, least and most over the repeats. */
  record Times(double median, double least, double most, int repeats) {
    Times dividedBy(double n) {
      return new Times(median / n, least / n, most / n, repeats);
    }
  }

  /**
   * Warms up three times, then takes 21 times, or fewer once the budget is used up; the count is in
   * the result.
   *
   * @param work receives the number of the run, so that it can change its input; must wait for the
   *     device before it returns
   */
  static Times time(double budgetSeconds, IntConsumer work) {
    return time(budgetSeconds, work, REPEATS);
  }

  /** Times work as {@link #time(double, IntConsumer)} does, with another number of repeats. */
  static Times time(double budgetSeconds, IntConsumer work, int repeats) {
    return read(
        budgetSeconds,
        run -> {
          long start = System.nanoTime();
          work.accept(run);
          return (System.nanoTime() - start) / 1e6;
        },
        repeats);
  }

  /**
   * Times work as {@link #time(double, IntConsumer)} does, but the work returns the milliseconds it
   * took.
   */
  static Times read(double budgetSeconds, IntToDoubleFunction work) {
    return read(budgetSeconds, work, REPEATS);
  }

  private static Times read(double budgetSeconds, IntToDoubleFunction work, int repeats) {
    long end = System.nanoTime() + (long) (budgetSeconds * 1e9);
    int run = 0;
    for (int i = 0; i < WARM_UP && (i == 0 || System.nanoTime() < end); i++) {
      double unused = work.applyAsDouble(run++);
    }
    List<Double> ms = new ArrayList<>();
    while (ms.isEmpty() || ms.size() < repeats && System.nanoTime() < end) {
      ms.add(work.applyAsDouble(run++));
    }
    ms.sort(null);
    int n = ms.size();
    double median = (ms.get((n - 1) / 2) + ms.get(n / 2)) / 2;
    return new Times(median, ms.get(0), ms.get(n - 1), n);
  }
}
