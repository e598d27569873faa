// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.GsonBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.rigor.run.claim.Judgement;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Study;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Names;

/** {@code report.html}: one file, no network, no script. */
final class HtmlReport {
  private static final String STYLE =
      """
      body { font: 16px/1.5 Helvetica, Arial, "Liberation Sans", sans-serif; color: #1a1a1a;
        background: #ffffff; max-width: 1000px; margin: 2em auto; padding: 0 1.2em; }
      h1 { font-size: 1.7em; margin-bottom: 0.2em; } h2 { font-size: 1.25em; margin-top: 2em; }
      p.question { font-size: 1.1em; color: #333333; margin-top: 0; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-size: 0.88em; font-variant-numeric: tabular-nums; }
      th, td { padding: 0.25em 0.7em; text-align: right; border-bottom: 1px solid #dddddd;
        white-space: nowrap; }
      th { border-bottom: 2px solid #555555; } th:first-child, td:first-child { text-align: left; }
      figure { margin: 1.2em 0; } figure svg { max-width: 100%; height: auto; }
      figcaption { font-size: 0.9em; color: #333333; }
      .holds { color: #00633f; font-weight: bold; } .violated { color: #a02c00; font-weight: bold; }
      .undecided { color: #5c4a00; font-weight: bold; }
      pre { background: #f5f5f5; padding: 0.8em; overflow-x: auto; font-size: 0.82em; }
      li { margin: 0.3em 0; }
      """;

  private final StringBuilder out = new StringBuilder();

  private HtmlReport() {}

  static String of(
      RunRecord run,
      List<ArmSummary> arms,
      List<Judgement> judgements,
      List<Figures.Figure> figures) {
    return new HtmlReport().write(run, arms, judgements, figures);
  }

  private String write(
      RunRecord run,
      List<ArmSummary> arms,
      List<Judgement> judgements,
      List<Figures.Figure> figures) {
    Study s = run.study().study();
    String title = s.title().isEmpty() ? s.name() : s.title();
    out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
    out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.append("<title>").append(escape(title)).append("</title>\n");
    out.append("<style>\n").append(STYLE).append("</style></head><body>\n");
    out.append("<h1>").append(escape(title)).append("</h1>\n");
    out.append("<p class=\"question\">").append(escape(s.question())).append("</p>\n");
    summary(run);
    claims(judgements, s.quantities());
    heading("Results");
    table(Tables.accuracy(arms), -1);
    figures.forEach(this::figure);
    table(Tables.lipschitz(arms), -1);
    heading("Every accuracy with its errors");
    table(Tables.brackets(arms), -1);
    paragraph(
        "In percent, 95 % intervals. Over seeds: Student on the seeds' means. Over images: Wilson at"
            + " the mean over seeds. The two are separate questions and are never pooled. Population:"
            + " from the lower limit of certified to the upper limit of attacked accuracy, over"
            + " images; an interval around attacked accuracy alone is sampling error only.");
    heading("Every number with its error over seeds");
    table(ScalarTable.all(arms, s.quantities()), -1);
    reading(arms);
    trials(run);
    heading("Provenance");
    out.append("<pre>")
        .append(
            escape(
                new GsonBuilder()
                    .setPrettyPrinting()
                    .disableHtmlEscaping()
                    .create()
                    .toJson(run.provenance())))
        .append("</pre>\n<details><summary>The study as written</summary><pre>")
        .append(escape(run.study().text()))
        .append("</pre></details>\n</body></html>\n");
    return out.toString();
  }

  private void summary(RunRecord run) {
    long failed = run.results().values().stream().filter(r -> !r.finished()).count();
    double seconds = run.results().values().stream().mapToDouble(TrialResult::seconds).sum();
    String device = run.provenance().get("device").getAsString();
    boolean emulated = run.provenance().get("device-kind").getAsString().equals("emulated");
    paragraph(
        "%d of %d trials%s, %s of work on %s. Written %s."
            .formatted(
                run.results().size(),
                run.trials().size(),
                failed == 0 ? "" : ", " + failed + " of them failed",
                Format.seconds(seconds),
                device,
                Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    if (emulated) {
      paragraph("Emulated: a CPU stood in for the CUDA device. Times mean nothing.");
    }
    List<String> changed = run.study().overrides();
    if (!changed.isEmpty()) {
      paragraph("Changed from the file: " + String.join("; ", changed) + ".");
    }
  }

  private void claims(List<Judgement> judgements, Quantities quantities) {
    if (judgements.isEmpty()) {
      return;
    }
    heading("Claims");
    out.append("<ul>\n");
    for (Judgement j : judgements) {
      String verdict = Names.kebab(j.verdict().name());
      out.append("<li>(").append(escape(j.claim().id())).append(") ");
      out.append(escape(j.claim().says()));
      out.append(" <span class=\"").append(verdict).append("\">").append(verdict).append("</span>");
      if (!j.reason().isEmpty()) {
        out.append(": ").append(escape(j.reason()));
      }
      out.append("</li>\n");
    }
    out.append("</ul>\n");
    table(Tables.claims(judgements, quantities), 1);
    paragraph(
        "A claim holds if its whole interval lies in the claimed region, is violated if it lies"
            + " wholly outside, and is undecided otherwise. The claims share alpha = 0.01 by Holm.");
  }

  private void reading(List<ArmSummary> arms) {
    heading("How to read this");
    out.append("<ul>\n");
    item("Attacked accuracy can only be too high: a better attack may break more samples.");
    item("Certified accuracy can only be too low: a better certificate may prove more samples.");
    item("A sample that is misclassified without an attack counts as not robust.");
    item("A success at one epsilon counts at every larger one, so no curve rises.");
    item(
        "EXACT and CERTIFIED numbers hold with rounding errors included; BOUND holds in exact"
            + " arithmetic and was computed in floating point; ESTIMATE is statistical or heuristic.");
    out.append("</ul>\n");
    paragraph(Tables.kinds(arms));
  }

  private void trials(RunRecord run) {
    heading("Trials");
    List<List<String>> rows = new java.util.ArrayList<>();
    for (Trial t : run.trials()) {
      TrialResult r = run.results().get(t.id());
      rows.add(
          List.of(
              t.arm().label(),
              Long.toString(t.spec().seed()),
              r == null ? "not run" : Names.kebab(r.outcome().name()).replace('-', ' '),
              r == null ? "-" : Format.seconds(r.seconds()),
              t.id(),
              r == null ? "" : r.message()));
    }
    table(
        Optional.of(new Table(List.of("method", "seed", "outcome", "time", "id", "message"), rows)),
        -1);
  }

  private void figure(Figures.Figure f) {
    out.append("<figure>\n").append(f.svg()).append("<figcaption>").append(escape(f.caption()));
    out.append("</figcaption></figure>\n");
  }

  private void table(Optional<Table> table, int verdictColumn) {
    if (table.isEmpty()) {
      return;
    }
    out.append("<div class=\"scroll\"><table><thead><tr>");
    table.get().columns().forEach(c -> out.append("<th>").append(escape(c)).append("</th>"));
    out.append("</tr></thead><tbody>\n");
    for (List<String> row : table.get().rows()) {
      out.append("<tr>");
      for (int i = 0; i < row.size(); i++) {
        String css = i == verdictColumn ? " class=\"" + escape(row.get(i)) + "\"" : "";
        out.append("<td").append(css).append('>').append(escape(row.get(i))).append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }

  private void heading(String text) {
    out.append("<h2>").append(escape(text)).append("</h2>\n");
  }

  private void paragraph(String text) {
    out.append("<p>").append(escape(text)).append("</p>\n");
  }

  private void item(String text) {
    out.append("<li>").append(escape(text)).append("</li>\n");
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }
}
