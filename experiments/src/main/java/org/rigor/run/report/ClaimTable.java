// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rigor.run.claim.Judgement;
import org.rigor.run.statistics.Interval;
import org.rigor.run.study.ClaimSpec;
import org.rigor.run.study.Quantities;
import org.rigor.run.yaml.Names;

/** The table of claims with their verdicts and both errors. */
final class ClaimTable {
  private ClaimTable() {}

  static Optional<Table> of(List<Judgement> judgements, Quantities quantities) {
    List<List<String>> rows = new ArrayList<>();
    judgements.forEach(j -> rows.add(row(j, quantities)));
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(
                List.of(
                    "claim",
                    "verdict",
                    "estimate",
                    "claimed",
                    "over seeds",
                    "over images",
                    "about",
                    "level"),
                rows));
  }

  private static List<String> row(Judgement j, Quantities quantities) {
    boolean share = j.claim().ofShares(quantities);
    boolean seeds = j.claim().error() == ClaimSpec.Error.SEEDS;
    String own = interval(share, j.interval());
    String other = interval(share, j.other());
    List<String> at = new ArrayList<>();
    j.settings().forEach((k, v) -> at.add(k + " = " + v));
    return List.of(
        "(" + j.claim().id() + ")" + (at.isEmpty() ? "" : " " + String.join(", ", at)),
        Names.kebab(j.verdict().name()),
        value(j.estimate(), share),
        j.claim().claimed(ClaimTable::value, share),
        seeds ? own : other,
        seeds ? other : own,
        Names.kebab(j.claim().error().name()) + ", n = " + j.count(),
        String.format(Locale.ROOT, "%.2f %%", 100 * j.level()));
  }

  private static String value(double v, boolean share) {
    return share ? Format.percent(v) + " pts" : Format.number(v);
  }

  private static String interval(boolean share, Optional<Interval> i) {
    return share ? Format.percent(i) : Format.number(i);
  }
}
