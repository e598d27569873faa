// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.engine;

import java.util.List;
import org.rigor.run.trial.Progress;

/** How far the measurements of one group of a pack are, in units of progress. */
final class Meter {
  private final int units;
  private final List<Integer> efforts;
  private final int group;
  private final int groups;
  private final double all;
  private int measurement;
  private long told;

  /**
   * @param units of all groups together
   * @param efforts of the measurements, roughly in proportion to their times
   */
  Meter(int units, List<Integer> efforts, int group, int groups) {
    this.units = units;
    this.efforts = efforts;
    this.group = group;
    this.groups = groups;
    this.all = efforts.stream().mapToInt(e -> e).sum();
    this.told = units(0);
  }

  private long units(double share) {
    return (long) (units * (group + share) / groups);
  }

  /** Begins a measurement, by its place in the list. */
  void begin(int place) {
    measurement = place;
  }

  /**
   * Tells that a share of the current measurement is done.
   *
   * @param share from 0 to 1
   */
  void within(double share, Progress progress) {
    double before = efforts.subList(0, measurement).stream().mapToInt(e -> e).sum();
    long now = units((before + efforts.get(measurement) * share) / all);
    if (now > told) {
      progress.advance(now - told);
      told = now;
    }
  }
}
