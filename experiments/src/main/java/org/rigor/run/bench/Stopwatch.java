// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.rigor.exec.Device;
import org.rigor.exec.Traffic;

/**
 * A stopwatch for work that ends by waiting for the device; it uses wall time unless the work reads
 * another clock. It starts when it is made: what follows until the end of the first run, such as
 * compiling, belongs to the first call. Peers that take turns run after each of Rigor's runs.
 */
final class Stopwatch {
  /** Runs that a median needs; a result with fewer says so. */
  static final int ENOUGH = 7;

  /** How often over its budget a timing may run to reach {@link #ENOUGH}. */
  private static final int OVERRUN = 4;

  /** Runs without a faster one after which the JIT counts as done. */
  private static final int STEADY = 10;

  /** Share of the least time below which a run counts as faster. */
  private static final double FASTER = 0.98;

  private static final int REPEATS = 51;

  private final PeerTurns peers;
  private final LongSupplier nanoTime;
  private final long begin;
  private Supplier<Optional<Traffic>> counts = Optional::empty;

  Stopwatch(PeerTurns peers, LongSupplier nanoTime) {
    this.peers = peers;
    this.nanoTime = nanoTime;
    this.begin = nanoTime.getAsLong();
  }

  /** Also counts what each run asks of a device. */
  Stopwatch on(Device device) {
    counts = device::traffic;
    return this;
  }

  /**
   * Milliseconds of one run.
   *
   * @param first of the first call with all that was prepared for it
   * @param median over the repeats, as {@code least} and {@code most}
   * @param traffic of the last whole run; empty if it was not counted
   */
  record Times(
      double first,
      double median,
      double least,
      double most,
      int repeats,
      Optional<Traffic> traffic) {
    /** Returns the times of one of n equal parts of a run; first call and traffic stay whole. */
    Times dividedBy(double n) {
      return new Times(first, median / n, least / n, most / n, repeats, traffic);
    }
  }

  /**
   * Warms up until ten runs in a row bring no faster one, for at most four times the budget: the
   * JIT compiles for seconds, and what is timed before it ends is up to twice as slow. Then takes
   * 51 times, or fewer once they have used up the budget, but at least {@link #ENOUGH} unless they
   * take four times as long. The count is in the result.
   *
   * @param budgetSeconds of Rigor's own runs; the peers' do not count
   * @param work receives the number of the run, so that it can change its input; must wait for the
   *     device before it returns
   */
  Times time(double budgetSeconds, IntConsumer work) {
    return read(
        budgetSeconds,
        run -> {
          long start = nanoTime.getAsLong();
          work.accept(run);
          return (nanoTime.getAsLong() - start) / 1e6;
        });
  }

  /**
   * Times work as {@link #time(double, IntConsumer)} does, but the work returns the milliseconds it
   * took.
   */
  Times read(double budgetSeconds, IntToDoubleFunction work) {
    long budget = (long) (budgetSeconds * 1e9);
    Spending own = new Spending(work);
    double least = own.run();
    double first = (nanoTime.getAsLong() - begin) / 1e6;
    for (int steady = 0; steady < STEADY && own.spent < OVERRUN * budget; ) {
      double now = own.run();
      steady = now < FASTER * least ? 0 : steady + 1;
      least = Math.min(least, now);
    }
    own.spent = 0; // what was compiled while warming up takes no time from the runs that count
    List<Double> ms = new ArrayList<>();
    peers.prepare(budgetSeconds);
    while (ms.isEmpty()
        || ms.size() < REPEATS && own.spent < budget
        || ms.size() < ENOUGH && own.spent < OVERRUN * budget) {
      ms.add(own.run());
      peers.take();
    }
    peers.end();
    ms.sort(null);
    int n = ms.size();
    double median = (ms.get((n - 1) / 2) + ms.get(n / 2)) / 2;
    return new Times(first, median, ms.get(0), ms.get(n - 1), n, own.traffic);
  }

  /** Counts the time that a work has taken. */
  private final class Spending {
    private final IntToDoubleFunction work;
    private int run;
    private long spent;
    private Optional<Traffic> traffic = Optional.empty();

    private Spending(IntToDoubleFunction work) {
      this.work = work;
    }

    private double run() {
      long start = nanoTime.getAsLong();
      Optional<Traffic> before = counts.get();
      double ms = work.applyAsDouble(run++);
      traffic = counts.get().map(t -> t.since(before.orElse(Traffic.NONE)));
      spent += nanoTime.getAsLong() - start;
      return ms;
    }
  }
}
