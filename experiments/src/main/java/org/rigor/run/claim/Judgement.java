// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.Map;
import java.util.Optional;
import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec;

/**
 * A claim and its verdict at one point of the grid.
 *
 * @param settings the grid point
 * @param verdict decided by the interval alone
 * @param estimate of the quantity; NaN if there is none
 * @param interval at {@code level}; empty if there is none
 * @param level one minus alpha as Holm shares it
 * @param count values the interval rests on: seeds or images
 * @param other interval of the other error at the same level, for the other column
 * @param reason why missing data leave it undecided, or what a reader must know besides the
 *     interval; may be empty
 */
public record Judgement(
    ClaimSpec claim,
    Map<String, String> settings,
    Verdict verdict,
    double estimate,
    Optional<Interval> interval,
    double level,
    int count,
    Optional<Interval> other,
    String reason) {

  /** Returns whether the run can still succeed with this verdict. */
  public boolean acceptable() {
    return verdict == Verdict.HOLDS
        || verdict == Verdict.UNDECIDED && claim.undecided() == ClaimSpec.Undecided.ACCEPTED;
  }
}
