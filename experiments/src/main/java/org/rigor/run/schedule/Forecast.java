// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.ArrayList;
import java.util.List;

/**
 * The remaining time of a run of several packs. It is given only if measurements determine it: the
 * pace of running packs, and for later packs the time of earlier ones if these took similar times.
 * Otherwise there is only a lower bound, or nothing.
 */
final class Forecast {
  private final List<Double> perTrial = new ArrayList<>();
  private final List<Double> restPerTrial = new ArrayList<>();

  /** Records the times of a pack that ended with this number of trials. */
  void ended(Pace pace, double now, int trials) {
    if (trials > 0) {
      perTrial.add(pace.seconds(now) / trials);
      restPerTrial.add(pace.restSeconds(now) / trials);
    }
  }

  /**
   * Returns the remaining time, or NaN if it is unknown.
   *
   * @param later trials of packs that have not begun
   */
  double left(double now, List<PackProgress> running, int later) {
    if (running.isEmpty()) {
      return Double.NaN;
    }
    double longest = 0;
    double doubt = 0;
    for (PackProgress p : running) {
      Pace.Left left = p.pace().left(now, alike(restPerTrial) * p.trials());
      if (Double.isNaN(left.seconds())) {
        left = p.pace().leftOf(now, alike(perTrial) * p.trials());
      }
      if (!(left.seconds() <= longest)) { // NaN stays
        longest = left.seconds();
      }
      doubt = Math.max(doubt, left.doubt());
    }
    double rest = later == 0 ? 0 : alike(perTrial) * later / running.size();
    Pace.Left all = new Pace.Left(longest + rest, doubt);
    return all.known() ? all.seconds() : Double.NaN;
  }

  /** Returns a lower bound on the remaining time; 0 if nothing is known. */
  double atLeast(double now, List<PackProgress> running) {
    return running.stream()
        .mapToDouble(p -> p.pace().stepsLeft(now))
        .filter(t -> t > 0)
        .max()
        .orElse(0);
  }

  /**
   * Returns the mean without the first value, a warm-up; NaN if fewer than two remain or they
   * differ twofold.
   */
  private static double alike(List<Double> all) {
    if (all.size() < 3) {
      return Double.NaN;
    }
    List<Double> warm = all.subList(1, all.size());
    double least = warm.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    double most = warm.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    return most < 2 * least
        ? warm.stream().mapToDouble(Double::doubleValue).average().orElseThrow()
        : Double.NaN;
  }
}
