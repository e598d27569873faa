// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Times of several works to compare: each runs until it gets no faster, then all are timed in turn,
 * so that other load on the machine affects all alike.
 */
final class Rounds {
  /** Timed rounds. */
  static final int ROUNDS = 5;

  private static final int BATCH = 5;
  private static final int STEADY = 3;
  private static final double SAME = 0.98;

  private Rounds() {}

  /**
   * Returns the milliseconds of each work: the median over rounds of its fastest run in one. On a
   * busy machine most runs wait for a core, which says nothing about the work.
   *
   * @param budgetSeconds time for all of them, at most half of it for warming up. At least three
   *     batches of five runs warm up each work, and each round has three runs
   * @param nanoTime the clock of the budget
   * @param works each does its work and returns the milliseconds that it took
   */
  static double[] medians(double budgetSeconds, LongSupplier nanoTime, List<DoubleSupplier> works) {
    long share = (long) (budgetSeconds * 1e9 / 2 / works.size());
    works.forEach(w -> warm(w, share, nanoTime));
    double[][] fastest = new double[works.size()][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < fastest.length; i++) {
        fastest[i][round] = fastest(works.get(i), share / ROUNDS, nanoTime);
      }
    }
    return Arrays.stream(fastest).mapToDouble(Rounds::median).toArray();
  }

  /** Runs batches until three in a row are no faster than the best before. */
  private static void warm(DoubleSupplier work, long nanos, LongSupplier nanoTime) {
    long end = nanoTime.getAsLong() + nanos;
    double best = Double.POSITIVE_INFINITY;
    int steady = 0;
    for (int batch = 0;
        batch < STEADY || (steady < STEADY && nanoTime.getAsLong() < end);
        batch++) {
      double[] ms = new double[BATCH];
      Arrays.setAll(ms, i -> work.getAsDouble());
      double now = median(ms);
      steady = now < SAME * best ? 0 : steady + 1;
      best = Math.min(best, now);
    }
  }

  private static double fastest(DoubleSupplier work, long nanos, LongSupplier nanoTime) {
    long end = nanoTime.getAsLong() + nanos;
    double least = Double.POSITIVE_INFINITY;
    for (int run = 0; run < 3 || (run < 1000 && nanoTime.getAsLong() < end); run++) {
      least = Math.min(least, work.getAsDouble());
    }
    return least;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  }
}
