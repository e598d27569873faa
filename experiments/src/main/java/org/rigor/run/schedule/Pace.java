// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How long what is left of a pack takes, from the pack's own pace. Steps, epochs of training, take
 * about the same time once they are warm; what comes after them takes any time, until it comes
 * again for another group of networks. All times are seconds of the run.
 */
final class Pace {
  /** Steps that are waited for before the pace counts. */
  private static final int WARM = 4;

  /** How far a time that was measured once may be off where it is used again. */
  private static final double DOUBT = 0.15;

  /**
   * @param seconds left, NaN if unknown
   * @param doubt how far off that may be, beyond a share of it
   */
  record Left(double seconds, double doubt) {
    /** A sum that is mostly doubt is none. */
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
  private Mark round;
  private double secondsPerUnit;

  /**
   * @param first units that are steps
   * @param all units, those of what comes after the steps included
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
    if (Double.isNaN(restBegun)) {
      steps.add(new Mark(now, done));
      if (done >= first) {
        restBegun = now;
      }
    }
  }

  /** A phase begins; one that was there before begins a round. */
  void phase(double now, String name) {
    Mark before = phases.get(name);
    if (before != null && done > before.done()) {
      secondsPerUnit = (now - before.time()) / (done - before.done());
      round = new Mark(now, done);
      phases.clear();
    }
    phases.put(name, new Mark(now, done));
  }

  /** Returns the time left of the steps alone; NaN before they are warm. */
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
   * Returns the time left.
   *
   * @param rest expected time of all that comes after the steps; NaN if unknown
   */
  Left left(double now, double rest) {
    if (round != null) {
      double expected = (all - round.done()) * secondsPerUnit;
      return new Left(expected - (now - round.time()), DOUBT * expected);
    }
    if (done >= first) {
      return all == first ? new Left(0, 0) : new Left(rest - (now - restBegun), DOUBT * rest);
    }
    return all == first
        ? new Left(stepsLeft(now), 0)
        : new Left(stepsLeft(now) + rest, DOUBT * rest);
  }

  /** Returns the time left of a pack that is expected to take so long in all. */
  Left leftOf(double now, double expected) {
    return new Left(expected - seconds(now), DOUBT * expected);
  }

  /** Returns the time since the pack began. */
  double seconds(double now) {
    return now - begun;
  }

  /** Returns the time since the steps were done; NaN if they are not. */
  double restSeconds(double now) {
    return now - restBegun;
  }
}
