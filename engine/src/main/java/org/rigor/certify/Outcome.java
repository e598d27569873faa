// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;

/**
 * What a search found out about a problem of a model.
 *
 * @param refuted by clause: whether no point of the box is unsafe by it
 * @param bounds by clause: a lower side of the largest of its rows over the box; of a refuted
 *     clause above 0; -infinity where nothing is known
 * @param end why the search ended
 * @param nodes cells that were bounded
 * @param iterations steps of ascent times rows, a measure of work that no machine changes
 * @param evidence of the clauses that are refuted, each in one of them, if it was asked for
 */
public record Outcome(
    boolean[] refuted,
    double[] bounds,
    End end,
    int nodes,
    long iterations,
    List<Evidence> evidence) {
  Outcome withoutEvidence() {
    return new Outcome(refuted, bounds, end, nodes, iterations, List.of());
  }

  /** Why a search ended. */
  public enum End {
    /** All clauses are refuted: the problem is safe. */
    REFUTED,
    /** The {@link Witness} accepted a point. */
    VIOLATED,
    /** The budget is spent. */
    BUDGET,
    /** Nothing is left to split. */
    STUCK,
    /** Cells take all the memory that they may, and no later phase decided the rest. */
    MEMORY
  }
}
