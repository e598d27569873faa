// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rigor.run.analysis.Analyses.AttackReport;
import org.rigor.run.analysis.Analyses.AttackedSample;

/** Which samples fall to which attack of a suite; those misclassified as they stand to none. */
record Ledger(List<boolean[]> rows, List<AttackedSample> samples) {
  /** Returns the ledger of a report; empty if it has none. */
  static Optional<Ledger> of(AttackReport r) {
    return r.ledger().isEmpty()
        ? Optional.empty()
        : Optional.of(new Ledger(r.ledger(), r.samples()));
  }

  /** Returns whether a sample falls to an attack, whatever the others do. */
  boolean falls(int attack, int sample) {
    boolean wrong = samples.get(sample).predicted() != samples.get(sample).label();
    return !wrong && rows.get(attack)[sample];
  }

  /** Returns the number of samples that fall to an attack. */
  int fooled(int attack) {
    return (int) all().filter(n -> falls(attack, n)).count();
  }

  /** Returns the number of samples that fall to an attack and to no other. */
  int unique(int attack) {
    return (int)
        all()
            .filter(n -> falls(attack, n))
            .filter(n -> IntStream.range(0, rows.size()).filter(i -> falls(i, n)).count() == 1)
            .count();
  }

  private IntStream all() {
    return IntStream.range(0, samples.size());
  }
}
