// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.Map;
import java.util.Optional;
import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec;

/**
 * A claim with what the results say about it at one point of the grid.
 *
 * @param settings the grid point
 * @param verdict decided by the interval alone
 * @param estimate of the quantity; NaN if there is none
 * @param interval at {@code level}; empty if there is none
 * @param level one minus alpha as Holm shares it
 * @param count values the interval rests on: seeds or images
 * @param other interval of the other error at the same level, for the other column
 * @param reason why it is undecided for want of data, or what a reader must know beside the
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

  /** Whether the claim lets the run end well. */
  public boolean acceptable() {
    return verdict == Verdict.HOLDS
        || verdict == Verdict.UNDECIDED && claim.undecided() == ClaimSpec.Undecided.ACCEPTED;
  }
}
