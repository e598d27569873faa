// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.run.claim.LawJudgement;
import org.rigor.run.claim.Verdict;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.yaml.Names;

/**
 * The report of a study of laws: figures, {@code laws.tsv}, {@code report.html}, {@code
 * claims.json} and the text for a terminal.
 *
 * @param rows number of rows
 * @param disagreeing rows that disagree with their prediction
 * @param judgements of the laws' claims
 * @param text tables and verdicts
 */
public record TheoryReport(int rows, int disagreeing, List<LawJudgement> judgements, String text) {

  /** Writes the files into the run folder. */
  public static TheoryReport write(TheoryRecord run) {
    List<LawJudgement.Made> made = new ArrayList<>();
    int rows = 0;
    int disagreeing = 0;
    for (var t : run.trials()) {
      LawResult r = run.results().get(t.id());
      if (r != null) {
        r.claims().forEach(c -> made.add(new LawJudgement.Made(t.label(), c)));
        rows += r.findings().size();
        disagreeing += (int) r.findings().stream().filter(f -> !f.agrees()).count();
      }
    }
    List<LawJudgement> judgements = LawJudgement.judge(made);
    Map<String, List<Figures.Figure>> figures = new LinkedHashMap<>();
    for (var t : run.trials()) {
      LawResult r = run.results().get(t.id());
      if (r != null) {
        List<Figures.Figure> own = LawCharts.of(t, r);
        own.forEach(f -> run.folder().write("figures/" + f.name() + ".svg", f.svg()));
        figures.put(t.id(), own);
      }
    }
    run.folder().write("laws.tsv", LawTables.tsv(run));
    run.folder().write("claims.json", json(judgements));
    run.folder().write("report.html", TheoryHtml.of(run, judgements, figures));
    String text = text(run, judgements, rows, disagreeing);
    return new TheoryReport(rows, disagreeing, judgements, text);
  }

  /** Returns the claims that hold. */
  public long holding() {
    return judgements.stream().filter(j -> j.verdict() == Verdict.HOLDS).count();
  }

  /** Returns whether a claim is violated. */
  public boolean violated() {
    return judgements.stream().anyMatch(j -> j.verdict() == Verdict.VIOLATED);
  }

  private static String text(
      TheoryRecord run, List<LawJudgement> judgements, int rows, int disagreeing) {
    StringBuilder out = new StringBuilder();
    LawTables.rows(run).ifPresent(t -> out.append(t.text()).append('\n'));
    LawTables.claims(judgements).ifPresent(t -> out.append(t.text()).append('\n'));
    for (LawJudgement j : judgements) {
      out.append(
          "%s (%s): %s  %s%n".formatted(j.law(), j.claim().id(), j.claim().says(), j.verdict()));
    }
    out.append(
        "%d of %d laws measured, %d rows: %s%n"
            .formatted(
                run.results().size(),
                run.trials().size(),
                rows,
                rows == 0 ? "none" : disagreeing == 0 ? "all agree" : disagreeing + " DISAGREE"));
    List<String> missing =
        run.trials().stream()
            .filter(t -> !run.results().containsKey(t.id()))
            .map(LawTrial::label)
            .toList();
    if (!missing.isEmpty()) {
      out.append("no whole result is stored of: %s%n".formatted(String.join(", ", missing)));
    }
    return out.toString();
  }

  private static String json(List<LawJudgement> judgements) {
    JsonArray out = new JsonArray();
    for (LawJudgement j : judgements) {
      JsonObject o = new JsonObject();
      o.addProperty("law", j.law());
      o.addProperty("id", j.claim().id());
      o.addProperty("says", j.claim().says());
      o.addProperty("verdict", Names.kebab(j.verdict().name()));
      o.addProperty("estimate", j.estimate());
      j.interval()
          .ifPresent(
              i -> {
                o.addProperty("low", i.low());
                o.addProperty("high", i.high());
              });
      o.addProperty("level", j.level());
      o.addProperty("n", j.claim().seeds().length);
      out.add(o);
    }
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(out) + "\n";
  }
}
