// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The remaining time of a pack, from the pack's own pace. Steps are epochs of training and take
 * about the same time after a warm-up. Nothing predicts the work after them until it repeats for
 * another group of networks. All times are seconds of the run.
 */
final class Pace {
  /** Number of steps before the pace counts. */
  private static final int WARM = 4;

  /** Part of the work of a pack without steps after which its own pace counts. */
  private static final int SEEN = 50;

  /** Relative error assumed for a time that was measured only once. */
  private static final double DOUBT = 0.15;

  /**
   * @param seconds left, NaN if unknown
   * @param doubt possible error, in seconds
   */
  record Left(double seconds, double doubt) {
    /** Returns whether the time exceeds twice its possible error. */
    boolean known() {
      return seconds > 2 * doubt;
    }
  }

  private record Mark(double time, long done) {}

  private final List<Mark> steps = new ArrayList<>();
  private final Map<String, Mark> phases = new HashMap<>();
  private final long first;
  private final long all;
  private final double begun;
  private long done;
  private double restBegun = Double.NaN;
  private double reached; // when the last unit was done
  private Mark round;
  private double secondsPerUnit;

  /**
   * @param first number of units that are steps
   * @param all number of units, including those after the steps
   */
  Pace(double now, long first, long all) {
    this.begun = now;
    this.first = first;
    this.all = all;
    if (first == 0) {
      restBegun = now;
    }
  }

  void advance(double now, long more) {
    if (more <= 0) {
      return;
    }
    done = Math.min(all, done + more);
    reached = now;
    if (Double.isNaN(restBegun)) {
      steps.add(new Mark(now, done));
      if (done >= first) {
        restBegun = now;
      }
    }
  }

  /** Begins a phase; a phase seen before begins a new round. */
  void phase(double now, String name) {
    Mark before = phases.get(name);
    if (before != null && done > before.done()) {
      secondsPerUnit = (now - before.time()) / (done - before.done());
      round = new Mark(now, done);
      phases.clear();
    }
    phases.put(name, new Mark(now, done));
  }

  /** Returns the remaining time of the steps alone; NaN during warm-up. */
  double stepsLeft(double now) {
    if (done >= first) {
      return 0;
    }
    if (steps.size() < WARM) {
      return Double.NaN;
    }
    Mark half = steps.get(steps.size() / 2 - 1);
    Mark last = steps.get(steps.size() - 1);
    double one = (last.time() - half.time()) / (last.done() - half.done());
    return (first - done) * one - Math.min(now - last.time(), one);
  }

  /**
   * Returns the remaining time.
   *
   * @param rest expected time of everything after the steps; NaN if unknown
   */
  Left left(double now, double rest) {
    if (round != null) {
      double expected = (all - round.done()) * secondsPerUnit;
      return new Left(expected - (now - round.time()), DOUBT * expected);
    }
    if (first == 0 && Double.isNaN(rest) && done >= all / SEEN) {
      double then = (reached - begun) * (all - done) / Math.max(1, done);
      return new Left(then > now - reached ? then - (now - reached) : Double.NaN, 0);
    }
    if (done >= first) {
      return all == first ? new Left(0, 0) : new Left(rest - (now - restBegun), DOUBT * rest);
    }
    return all == first
        ? new Left(stepsLeft(now), 0)
        : new Left(stepsLeft(now) + rest, DOUBT * rest);
  }

  /** Returns the remaining time of a pack whose total time is expected to be {@code expected}. */
  Left leftOf(double now, double expected) {
    return new Left(expected - seconds(now), DOUBT * expected);
  }

  /** Returns the time since the pack began. */
  double seconds(double now) {
    return now - begun;
  }

  /** Returns the time since the steps ended; NaN if they have not. */
  double restSeconds(double now) {
    return now - restBegun;
  }
}
