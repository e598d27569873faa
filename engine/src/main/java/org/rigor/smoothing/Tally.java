// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

import java.util.ArrayList;
import java.util.List;

/**
 * The draws of one sample at one sigma as they come in: CERTIFY of Cohen et al. 2019, looked at
 * between {@link Stages}. Draws end when each radius asked for is decided, or can no more be
 * certified.
 */
final class Tally {
  private final Stages stages;
  private final double sigma;
  private final int label;
  private final double[] radii;
  private final List<Misses> seen = new ArrayList<>();
  private int top = -1;

  /** Leading radii that are certified. */
  private int low;

  /** Leading radii that are not refuted. */
  private int high;

  /** Leading radii that are certified if no further draw misses. */
  private int reach;

  /**
   * @param radii ascending; 0, whether there is a class at all, is always asked for
   * @param label class of the sample: another class is of interest only at the radius 0
   */
  Tally(Stages stages, double sigma, int label, double... radii) {
    this.stages = stages;
    this.sigma = sigma;
    this.label = label;
    boolean zero = radii.length > 0 && radii[0] == 0;
    this.radii = zero ? radii.clone() : new double[radii.length + 1];
    if (!zero) {
      System.arraycopy(radii, 0, this.radii, 1, radii.length);
    }
  }

  /** Takes the class with the most votes of a first block of draws, which is not counted again. */
  void propose(int... votes) {
    int most = 0;
    for (int k = 0; k < votes.length; k++) {
      if (votes[k] > most) {
        most = votes[k];
        top = k;
      }
    }
    high = top == label ? radii.length : 1;
  }

  /**
   * Takes the votes of the draws of the next stage.
   *
   * @param votes by class; draws whose logits are not numbers have none
   */
  void add(int... votes) {
    int stage = seen.size();
    int end = stages.end(stage);
    int before = stage == 0 ? 0 : stages.end(stage - 1);
    int already = stage == 0 ? 0 : seen.get(stage - 1).count();
    Misses now = new Misses(already + end - before - (top < 0 ? 0 : votes[top]), end);
    seen.add(now);
    double level = stages.level(stage);
    while (low < high && now.below(Radius.missesBelow(sigma, radii[low]), level)) {
      low++;
    }
    Misses best = new Misses(now.count(), stages.budget());
    double last = stages.level(stages.count() - 1);
    reach = high;
    while (low < reach && !best.below(Radius.missesBelow(sigma, radii[reach - 1]), last)) {
      reach--;
    }
    while (low < high && now.above(Radius.missesAbove(sigma, radii[high - 1]), level)) {
      high--;
    }
  }

  /** Returns whether more draws are needed, and allowed. */
  boolean open() {
    return low < Math.min(high, reach) && seen.size() < stages.count();
  }

  /** Returns what was found. */
  SmoothedSample result(int asked) {
    double upper = 1;
    double lower = 0;
    for (int stage = 0; stage < seen.size(); stage++) {
      Misses m = seen.get(stage);
      double level = stages.level(stage);
      upper = m.below(upper, level) ? Math.min(upper, m.upper(level)) : upper;
      lower = m.above(lower, level) ? Math.max(lower, m.lower(level)) : lower;
    }
    Misses last = seen.get(seen.size() - 1);
    boolean right = top == label;
    int added = radii.length - asked;
    return new SmoothedSample(
        top,
        last.count(),
        last.draws(),
        Math.max(0, Math.nextDown(1 - upper)),
        Math.min(1, Math.nextUp(1 - lower)),
        Radius.lower(sigma, upper),
        Radius.upper(sigma, lower),
        low > 0,
        right,
        right ? Math.max(0, low - added) : 0,
        right ? Math.max(0, high - added) : 0);
  }
}
