// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.List;
import java.util.Optional;
import org.rigor.certify.Evidence;

/**
 * What is known of a property of a network.
 *
 * @param counterexample of a violated property
 * @param refuted number of clauses without a point in them
 * @param bound least lower side of the largest row, over the clauses that are left; above 0 if
 *     verified, -infinity where nothing is known. Rows are in the units of the property, or a power
 *     of ten of them
 * @param by what decided: {@code region}, {@code attack}, {@code bounds} or {@code search}; if
 *     unknown {@code timeout}, {@code memory} or {@code disk}, where they have no room for more, or
 *     {@code nothing}
 * @param nodes cells of the search
 * @param iterations rows times steps of ascent
 * @param seconds from the start of the job
 * @param evidence by region, if it was asked for
 */
public record Verdict(
    Answer answer,
    Optional<Counterexample> counterexample,
    int refuted,
    int clauses,
    double bound,
    String by,
    long nodes,
    long iterations,
    double seconds,
    List<Evidence> evidence) {
  /** Returns the same without what proves it. */
  public Verdict withoutEvidence() {
    return new Verdict(
        answer, counterexample, refuted, clauses, bound, by, nodes, iterations, seconds, List.of());
  }

  /** Answers. */
  public enum Answer {
    /** No input is unsafe, proved in real arithmetic. */
    VERIFIED,
    /** Some input certainly is unsafe in real arithmetic. */
    VIOLATED,
    /** Neither was shown. */
    UNKNOWN
  }
}
