// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.util.List;
import java.util.Locale;
import org.rigor.diff.Kind;
import org.rigor.verify.Counterexample;
import org.rigor.verify.Verdict;

/** What the command line prints of verdicts. */
public final class VerdictText {
  private static final String LINE = "%-9s %8s %9s %12s %8s  %s%n";

  private VerdictText() {}

  /** Returns the report of one instance. */
  public static String one(Decided d) {
    Verdict v = d.verdict().orElseThrow();
    StringBuilder out = new StringBuilder();
    out.append(
        String.format(Locale.ROOT, "%s  (by %s, %.2f s)%n", d.answer(), v.by(), v.seconds()));
    switch (v.answer()) {
      case VERIFIED ->
          out.append(
              "all %d clauses refuted, least bound %s, %d cells; %s in real arithmetic%n"
                  .formatted(
                      v.clauses(), number(v.bound()), v.nodes(), AnalysisJson.word(d.kind())));
      case VIOLATED -> out.append(violated(v.counterexample().orElseThrow(), v, d.kind()));
      case UNKNOWN ->
          out.append(
              "%d of %d clauses refuted, worst open bound %s, %d cells%n"
                  .formatted(v.refuted(), v.clauses(), number(v.bound()), v.nodes()));
    }
    return out.toString();
  }

  private static String violated(Counterexample c, Verdict v, Kind kind) {
    int outside = c.point().outside();
    return "clause %d of %d holds at a point of the region; %s in real arithmetic%n"
            .formatted(c.clause() + 1, v.clauses(), AnalysisJson.word(kind))
        + (outside == 0
            ? ""
            : "%d inputs are decimals that no float equals; the floats beside them are in --json%n"
                .formatted(outside))
        + "float32: the point %s%n"
            .formatted(c.floatViolates() ? "violates, too" : "does not violate as floats");
  }

  /** Returns the table of a list, in the order of the list, and its counts. */
  public static String table(List<Decided> all, Effort effort) {
    StringBuilder out = new StringBuilder();
    out.append(LINE.formatted("verdict", "seconds", "cells", "bound", "by", "network, property"));
    for (Decided d : all) {
      String names = d.instance().label().model() + ", " + d.instance().label().property();
      out.append(
          d.verdict()
              .map(
                  v ->
                      LINE.formatted(
                          d.answer(),
                          String.format(Locale.ROOT, "%.2f", v.seconds()),
                          v.nodes(),
                          v.answer() == Verdict.Answer.VIOLATED ? "-" : number(v.bound()),
                          v.by(),
                          names))
              .orElseGet(() -> LINE.formatted("error", "-", "-", "-", "-", names)));
    }
    return out.append(counts(all)).append(effort.text(verdicts(all))).toString();
  }

  static List<Verdict> verdicts(List<Decided> all) {
    return all.stream().flatMap(d -> d.verdict().stream()).toList();
  }

  /** Returns how many instances got which verdict. */
  public static String counts(List<Decided> all) {
    return "%d verified, %d violated, %d unknown, %d errors of %d%n"
        .formatted(
            count(all, "verified"),
            count(all, "violated"),
            count(all, "unknown"),
            count(all, "error"),
            all.size());
  }

  private static long count(List<Decided> all, String answer) {
    return all.stream().filter(d -> d.answer().equals(answer)).count();
  }

  private static String number(double v) {
    return v == Double.NEGATIVE_INFINITY ? "none" : String.format(Locale.ROOT, "%.4g", v);
  }
}
