// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.store.Damage;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;

/** Two runs of laws side by side: the differences in their configurations and in their rows. */
public final class LawComparison {
  private LawComparison() {}

  /** Returns the text for a terminal. */
  public static String text(TheoryRecord a, TheoryRecord b) {
    StringBuilder out = new StringBuilder();
    out.append("A = ").append(a.folder().root()).append('\n');
    out.append("B = ").append(b.folder().root()).append("\n\n");
    out.append(Damage.text(a.damages())).append(Damage.text(b.damages()));
    out.append(
            Configurations.differences(
                    a.study().canonical(), a.provenance(), b.study().canonical(), b.provenance())
                .text())
        .append('\n');
    Map<String, Finding> x = rows(a);
    Map<String, Finding> y = rows(b);
    List<List<String>> rows = new ArrayList<>();
    x.forEach(
        (name, f) -> {
          Finding g = y.get(name);
          if (g != null) {
            rows.add(
                List.of(
                    name,
                    LawTables.number(f.predicted()),
                    LawTables.number(f.measured()),
                    LawTables.number(g.predicted()),
                    LawTables.number(g.measured()),
                    LawTables.small(g.measured() - f.measured()),
                    LawTables.verdict(f) + ", " + LawTables.verdict(g)));
          }
        });
    if (rows.isEmpty()) {
      out.append("The runs share no row.\n");
    } else {
      out.append(
          new Table(
                  List.of(
                      "row",
                      "A predicted",
                      "A measured",
                      "B predicted",
                      "B measured",
                      "B - A",
                      "verdicts"),
                  rows)
              .text());
    }
    x.keySet().stream().filter(n -> !y.containsKey(n)).forEach(n -> only(out, "A", n));
    y.keySet().stream().filter(n -> !x.containsKey(n)).forEach(n -> only(out, "B", n));
    return out.toString();
  }

  private static void only(StringBuilder out, String run, String name) {
    out.append("only in ").append(run).append(": ").append(name).append('\n');
  }

  /** Returns the rows by law and name, without the law's options where a run has it once. */
  private static Map<String, Finding> rows(TheoryRecord run) {
    Map<String, Finding> out = new LinkedHashMap<>();
    for (LawTrial t : run.trials()) {
      LawResult r = run.results().get(t.id());
      if (r != null) {
        r.findings().forEach(f -> out.put(t.label() + ", " + f.row(), f));
      }
    }
    return out;
  }
}
