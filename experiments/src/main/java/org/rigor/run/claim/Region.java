// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec.Relation;

/** Where a claim says that a value lies, and the interval rule. */
record Region(Relation relation, double value) {

  /** The interval rule, see {@link Holm#verdict}. */
  Verdict verdict(Interval i) {
    return Holm.verdict(relation, value, i);
  }
}
