// SPDX-License-Identifier: Apache-2.0
package org.rigor.smoothing;

import java.util.ArrayList;
import java.util.List;

/**
 * When the draws of a sample are looked at, and at which level. The levels of all looks sum to
 * alpha, so that what every look says holds together with probability 1 - alpha (Bonferroni), and a
 * sample may stop at any of them. The last look, at the whole budget, has half of alpha: a sample
 * that uses it up loses little to one that was looked at once.
 */
public final class Stages {
  /** Draws of a sample at a time; counts of draws are multiples of it. */
  public static final int BLOCK = 100;

  /** Most draws of a sample. */
  public static final int MOST = 100_000_000;

  private static final double GROWTH = 1.5;

  private final double alpha;
  private final int[] ends;

  private Stages(double alpha, int... ends) {
    this.alpha = alpha;
    this.ends = ends;
  }

  /**
   * Returns looks at numbers of draws that grow by half, from {@link #BLOCK} to the budget.
   *
   * @param budget most draws, a positive multiple of {@link #BLOCK}
   * @param alpha in (0, 0.5]
   * @throws IllegalArgumentException if one is not
   */
  public static Stages sequential(int budget, double alpha) {
    check(budget, alpha);
    List<Integer> ends = new ArrayList<>();
    for (int n = BLOCK; n < budget; ) {
      ends.add(n);
      n = BLOCK * (int) Math.ceil(GROWTH * n / BLOCK);
    }
    ends.add(budget);
    return new Stages(alpha, ends.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Returns one look, at the whole budget, as published (Cohen et al. 2019). */
  public static Stages fixed(int budget, double alpha) {
    check(budget, alpha);
    return new Stages(alpha, budget);
  }

  private static void check(int budget, double alpha) {
    if (budget < BLOCK || budget > MOST || budget % BLOCK != 0) {
      throw new IllegalArgumentException(
          "draws: expected a multiple of %d up to %d, got %d".formatted(BLOCK, MOST, budget));
    }
    if (!(alpha > 0) || alpha > 0.5) {
      throw new IllegalArgumentException("alpha: expected a number in (0, 0.5], got " + alpha);
    }
  }

  /** Returns the number of looks. */
  public int count() {
    return ends.length;
  }

  /** Returns the draws of a sample at a look, from 0. */
  public int end(int stage) {
    return ends[stage];
  }

  /** Returns the most draws of a sample. */
  public int budget() {
    return ends[ends.length - 1];
  }

  /** Returns the chance that limits fail at some look. */
  public double alpha() {
    return alpha;
  }

  /** Returns the level of a look. */
  double level(int stage) {
    if (ends.length == 1) {
      return alpha;
    }
    double half = alpha / 2;
    return stage == ends.length - 1 ? half : Math.nextDown(half / (ends.length - 1));
  }
}
