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
import org.rigor.run.study.Quantity;
import org.rigor.run.yaml.Names;

/** Claims with their verdicts and both errors. */
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
    boolean share = share(j.claim(), quantities);
    boolean seeds = j.claim().error() == ClaimSpec.Error.SEEDS;
    String own = interval(share, j.interval());
    String other = interval(share, j.other());
    List<String> at = new ArrayList<>();
    j.settings().forEach((k, v) -> at.add(k + " = " + v));
    return List.of(
        "(" + j.claim().id() + ")" + (at.isEmpty() ? "" : " " + String.join(", ", at)),
        Names.kebab(j.verdict().name()),
        value(share, j.estimate()),
        claimed(j.claim(), share),
        seeds ? own : other,
        seeds ? other : own,
        Names.kebab(j.claim().error().name()) + ", n = " + j.count(),
        String.format(Locale.ROOT, "%.2f %%", 100 * j.level()));
  }

  /** Whether what is claimed of is a share or a difference of shares. */
  private static boolean share(ClaimSpec claim, Quantities quantities) {
    if (claim instanceof ClaimSpec.Trend
        || claim instanceof ClaimSpec.Difference d && d.relative()) {
      return false;
    }
    return quantities.find(claim.metric()).map(Quantity::share).orElse(false);
  }

  private static String claimed(ClaimSpec claim, boolean share) {
    if (claim instanceof ClaimSpec.Trend t) {
      return Names.kebab(t.by().name())
          + (t.direction() == ClaimSpec.Direction.RISES ? " > " : " < -")
          + Format.number(t.value());
    } else if (claim instanceof ClaimSpec.InteriorPeak) {
      return "above both ends";
    } else if (claim instanceof ClaimSpec.Coexistence c) {
      return "%s apart, %s within %s"
          .formatted(value(true, c.by()), c.close(), value(true, c.within()));
    }
    ClaimSpec.Relation relation =
        claim instanceof ClaimSpec.Difference d
            ? d.relation()
            : ((ClaimSpec.Level) claim).relation();
    double value =
        claim instanceof ClaimSpec.Difference d ? d.value() : ((ClaimSpec.Level) claim).value();
    return Names.kebab(relation.name()).replace('-', ' ') + " " + value(share, value);
  }

  private static String value(boolean share, double v) {
    return share ? Format.percent(v) + " pts" : Format.number(v);
  }

  private static String interval(boolean share, Optional<Interval> i) {
    return share ? Format.percent(i) : Format.number(i);
  }
}
