// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rigor.run.claim.LawJudgement;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.yaml.Names;

/** The tables of a study of laws. */
final class LawTables {
  private static final List<String> COLUMNS =
      List.of("row", "predicted", "measured", "difference", "tolerance", "verdict");

  /** Column of the verdict in the table of one law. */
  static final int VERDICT = COLUMNS.size() - 1;

  private LawTables() {}

  /** Returns every row of every law beside its prediction. */
  static Optional<Table> rows(TheoryRecord run) {
    List<List<String>> rows = new ArrayList<>();
    for (LawTrial t : run.trials()) {
      LawResult r = run.results().get(t.id());
      for (Finding f : r == null ? List.<Finding>of() : r.findings()) {
        List<String> row = new ArrayList<>(List.of(t.label()));
        row.addAll(cells(f));
        rows.add(row);
      }
    }
    List<String> columns = new ArrayList<>(List.of("law"));
    columns.addAll(COLUMNS);
    return rows.isEmpty() ? Optional.empty() : Optional.of(new Table(columns, rows, 2));
  }

  /** Returns the rows of one law. */
  static Optional<Table> rows(LawResult r) {
    return r.findings().isEmpty()
        ? Optional.empty()
        : Optional.of(new Table(COLUMNS, r.findings().stream().map(LawTables::cells).toList()));
  }

  private static List<String> cells(Finding f) {
    return List.of(
        f.row(),
        number(f.predicted()),
        number(f.measured()),
        small(f.measured() - f.predicted()),
        small(f.tolerance().allowed()) + " (" + f.tolerance().why() + ")",
        verdict(f));
  }

  /**
   * Returns {@code agrees}, {@code disagrees}, or {@code weak} for a row too coarse to detect an
   * error.
   */
  static String verdict(Finding f) {
    if (!f.agrees()) {
      return "disagrees";
    }
    return f.discriminates() ? "agrees" : "weak";
  }

  /** Returns the text of {@code laws.tsv}: every row in full. */
  static String tsv(TheoryRecord run) {
    StringBuilder out = new StringBuilder();
    out.append(
        "law\tsource\trow\tequation\tpredicted\tmeasured\tdifference\tallowed\ttolerance"
            + "\tverdict\n");
    for (LawTrial t : run.trials()) {
      LawResult r = run.results().get(t.id());
      if (r == null) {
        continue;
      }
      for (Finding f : r.findings()) {
        List<String> cells =
            List.of(
                t.label(),
                t.law().source(),
                f.row(),
                f.equation(),
                Double.toString(f.predicted()),
                Double.toString(f.measured()),
                Double.toString(f.measured() - f.predicted()),
                Double.toString(f.tolerance().allowed()),
                f.tolerance().why(),
                verdict(f));
        out.append(String.join("\t", cells.stream().map(c -> c.replaceAll("\\s+", " ")).toList()));
        out.append('\n');
      }
    }
    return out.toString();
  }

  /** Returns the claims with their verdicts. */
  static Optional<Table> claims(List<LawJudgement> judgements) {
    List<List<String>> rows = new ArrayList<>();
    for (LawJudgement j : judgements) {
      rows.add(
          List.of(
              j.law() + " (" + j.claim().id() + ")",
              Names.kebab(j.verdict().name()),
              Format.number(j.estimate()),
              Names.kebab(j.claim().relation().name()).replace('-', ' ')
                  + " "
                  + Format.number(j.claim().value()),
              Format.number(j.interval()),
              Integer.toString(j.claim().seeds().length),
              String.format(Locale.ROOT, "%.2f %%", 100 * j.level())));
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Table(
                List.of("claim", "verdict", "estimate", "claimed", "over seeds", "seeds", "level"),
                rows));
  }

  /** Returns the reported numbers, which claim nothing. */
  static Optional<Table> reports(TheoryRecord run) {
    List<List<String>> rows = new ArrayList<>();
    for (LawTrial t : run.trials()) {
      LawResult r = run.results().get(t.id());
      if (r != null) {
        r.reports().forEach((name, v) -> rows.add(List.of(t.label(), name, number(v))));
      }
    }
    return rows.isEmpty()
        ? Optional.empty()
        : Optional.of(new Table(List.of("law", "reported", "value"), rows, 2));
  }

  /** Returns a number with six significant digits. */
  static String number(double v) {
    if (!Double.isFinite(v)) {
      return Format.number(v);
    }
    String s = String.format(Locale.ROOT, "%.6g", v);
    double a = Math.abs(v);
    if (a != 0 && (a < 1e-4 || a >= 1e6)) {
      s = String.format(Locale.ROOT, "%.5e", v);
      int e = s.indexOf('e');
      return trim(s.substring(0, e)) + s.substring(e);
    }
    return trim(s);
  }

  private static String trim(String s) {
    return s.contains(".") ? s.replaceAll("0+$", "").replaceAll("\\.$", "") : s;
  }

  static String small(double v) {
    return v == 0 ? "0" : Double.isFinite(v) ? String.format(Locale.ROOT, "%.1e", v) : "-";
  }
}
