// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.VerdictSpecs;

/**
 * The table of every number that the measurements declare, per arm, with its interval over seeds.
 */
final class ScalarTable {
  /** Numbers that other tables show, or that only count something beside a result. */
  private static final Set<String> SHOWN =
      Set.of(
          Quantities.CLEAN_ACCURACY,
          "median-margin",
          "training-loss",
          "lipschitz-lower",
          "lipschitz-upper",
          "ambiguous-attacks",
          "ambiguous-jacobians",
          "jacobians-left-out",
          "undefined-logits",
          VerdictSpecs.VerifyCurve.UNKNOWN,
          VerdictSpecs.VerifyCurve.WORK,
          "verified-distance-histogram",
          "violated-distance-histogram",
          "attacked-distance-histogram");

  private ScalarTable() {}

  /** Returns the table of all numbers. */
  static Optional<Table> all(List<ArmSummary> arms, Quantities quantities) {
    return of(arms, quantities, q -> true);
  }

  /**
   * Returns those that no other table shows; of numbers drawn from histories, only those that
   * claims name.
   */
  static Optional<Table> brief(List<ArmSummary> arms, Quantities quantities, Set<String> named) {
    return of(
        arms,
        quantities,
        q ->
            !SHOWN.contains(q.name().replaceFirst("@.*", ""))
                && (!q.name().contains("/") || named.contains(q.name())));
  }

  private static Optional<Table> of(
      List<ArmSummary> arms, Quantities quantities, Predicate<Quantity> wanted) {
    List<List<String>> rows = new ArrayList<>();
    for (Quantity q : quantities.all()) {
      for (ArmSummary arm : arms) {
        Optional<ArmSummary.Mean> mean = arm.scalar(q.name());
        if (mean.isPresent() && wanted.test(q)) {
          rows.add(row(q, arm, mean.get()));
        }
      }
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(
                List.of("quantity", "unit", "better", "method", "mean", "over seeds", "seeds"),
                rows));
  }

  private static List<String> row(Quantity q, ArmSummary arm, ArmSummary.Mean mean) {
    boolean share = q.share();
    return List.of(
        Quantities.written(q.name()),
        q.unit().isEmpty() ? "-" : q.unit(),
        q.better() == Quantity.Better.NEITHER ? "-" : q.better().name().toLowerCase(Locale.ROOT),
        arm.arm().label(),
        Format.value(share, mean.value()),
        share ? Format.percent(mean.seeds()) : Format.number(mean.seeds()),
        Integer.toString(arm.results().size()));
  }
}
