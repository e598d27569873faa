// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.Progress;

/** The progress of one running pack; {@link RunProgress} shows all of them together. */
final class PackProgress implements Progress {
  private final RunProgress run;
  private final Map<String, Double> metrics = new LinkedHashMap<>();
  private String id = "";
  private String phase = "";
  private int trials;
  private boolean trains;
  private long units = 1;
  private long done;
  private Pace pace;

  PackProgress(RunProgress run) {
    this.run = run;
    this.pace = new Pace(run.seconds(), 0, 0);
  }

  @Override
  public void begin(Pack pack, long all) {
    begin(pack, all, 0);
  }

  @Override
  public void begin(Pack pack, long steps, long rest) {
    synchronized (run) {
      id = pack.id();
      trials = pack.trials().size();
      units = Math.max(1, steps + rest);
      trains = steps > 0;
      done = 0;
      pace = new Pace(run.seconds(), steps, steps + rest);
      run.began(this, steps + rest);
    }
  }

  @Override
  public void advance(long more) {
    synchronized (run) {
      done = Math.min(units, done + more);
      pace.advance(run.seconds(), more);
    }
  }

  @Override
  public void phase(String name) {
    synchronized (run) {
      if (!name.equals(phase)) {
        phase = name;
        pace.phase(run.seconds(), name);
        run.phase(this, name);
      }
    }
  }

  @Override
  public void show(String metric, double value) {
    synchronized (run) {
      metrics.put(metric, value);
    }
  }

  @Override
  public void note(String line) {
    run.note(line);
  }

  // The methods below are called with the run's lock held.

  String id() {
    return id;
  }

  String phase() {
    return phase;
  }

  Map<String, Double> metrics() {
    return metrics;
  }

  Pace pace() {
    return pace;
  }

  int trials() {
    return trials;
  }

  long units() {
    return units;
  }

  long done() {
    return done;
  }

  /** Returns whether it has steps of training. */
  boolean trains() {
    return trains;
  }

  /** Returns the work done, as an equivalent number of trials. */
  double worked() {
    return trials * (double) done / units;
  }
}
