// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec.Relation;

/** The region in which a claim places a value. */
record Region(Relation relation, double value) {

  /** Applies the interval rule, see {@link Holm#verdict}. */
  Verdict verdict(Interval i) {
    return Holm.verdict(relation, value, i);
  }
}
