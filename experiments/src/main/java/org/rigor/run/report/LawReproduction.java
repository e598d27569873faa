// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.SeedClaim;

/** A comparison of two runs of a law: rows, claims, reports and charts. */
final class LawReproduction {
  private LawReproduction() {}

  /**
   * @param exact whether equal bits are required; otherwise rows may differ by twice their
   *     tolerance, since each side may be off by it, and the rest is not compared
   */
  static void compare(String law, LawResult a, LawResult b, boolean exact, Tally tally) {
    Map<String, Finding> rows = new LinkedHashMap<>();
    b.findings().forEach(f -> rows.put(f.row(), f));
    for (Finding f : a.findings()) {
      Finding g = rows.get(f.row());
      String what = law + ", " + f.row();
      if (g == null) {
        tally.differs(what, "a row", "gone", "a row");
        continue;
      }
      double allowed = exact ? 0 : 2 * f.tolerance().allowed();
      tally.number("measured rows", what, f.measured(), g.measured(), allowed);
      if (exact) {
        tally.number("predicted rows", what + ", predicted", f.predicted(), g.predicted(), 0);
      }
    }
    if (!exact) {
      return;
    }
    Map<String, SeedClaim> claims = new LinkedHashMap<>();
    b.claims().forEach(c -> claims.put(c.id(), c));
    for (SeedClaim c : a.claims()) {
      SeedClaim d = claims.get(c.id());
      tally.text("claims", law + ", claim " + c.id(), words(c), d == null ? "not made" : words(d));
    }
    a.reports()
        .forEach(
            (name, v) ->
                tally.number(
                    "reported numbers",
                    law + ", " + name,
                    v,
                    b.reports().getOrDefault(name, Double.NaN),
                    0));
    for (int i = 0; i < a.charts().size(); i++) {
      Chart c = a.charts().get(i);
      String other = i < b.charts().size() ? words(b.charts().get(i)) : "not drawn";
      tally.count("charts", 1);
      if (!words(c).equals(other)) {
        tally.differs(law + ", chart " + c.name(), "-", "other points", "equal bits");
      }
    }
  }

  private static String words(SeedClaim c) {
    return "%s %s of %s".formatted(c.relation(), c.value(), Arrays.toString(c.seeds()));
  }

  private static String words(Chart c) {
    StringBuilder out = new StringBuilder(c.name());
    for (Chart.Series s : c.series()) {
      out.append(s.label())
          .append(Arrays.toString(s.x()))
          .append(Arrays.toString(s.y()))
          .append(Arrays.toString(s.error()));
    }
    return out.toString();
  }
}
