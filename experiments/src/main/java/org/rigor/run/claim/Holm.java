// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.List;
import java.util.function.DoubleFunction;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Statistics;
import org.rigor.run.study.ClaimSpec.Relation;

/**
 * The rules shared by the judges of all claims: the interval rule, and Holm's division of alpha.
 */
final class Holm {
  private Holm() {}

  /**
   * Returns the alpha at which each claim is judged.
   *
   * @param verdicts per claim, its verdict at an alpha; intervals shrink as alpha grows
   */
  static double[] levels(List<DoubleFunction<Verdict>> verdicts, double alpha) {
    double[] p = verdicts.stream().mapToDouble(Holm::pValue).toArray();
    return Statistics.holmLevels(p, alpha);
  }

  /** Returns the smallest alpha at which the interval decides the claim; 1 if none does. */
  private static double pValue(DoubleFunction<Verdict> verdict) {
    double low = 1e-15;
    double high = 1 - 1e-9;
    if (verdict.apply(high) == Verdict.UNDECIDED) {
      return 1;
    }
    if (verdict.apply(low) != Verdict.UNDECIDED) {
      return low;
    }
    // An interval shrinks as alpha grows, so the deciding alphas are all those above one point.
    for (int i = 0; i < 60; i++) {
      double middle = Math.sqrt(low * high);
      if (verdict.apply(middle) == Verdict.UNDECIDED) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /**
   * Applies the interval rule: the claim holds if the whole interval lies in the claimed region, is
   * violated if it lies wholly outside, and is undecided otherwise.
   *
   * @param value bound; half width with {@code WITHIN}
   */
  static Verdict verdict(Relation relation, double value, Interval i) {
    boolean in;
    boolean out;
    switch (relation) {
      case AT_LEAST -> {
        in = i.low() >= value;
        out = i.high() < value;
      }
      case AT_MOST -> {
        in = i.high() <= value;
        out = i.low() > value;
      }
      default -> {
        in = i.low() >= -value && i.high() <= value;
        out = i.low() > value || i.high() < -value;
      }
    }
    if (in) {
      return Verdict.HOLDS;
    }
    return out ? Verdict.VIOLATED : Verdict.UNDECIDED;
  }
}
