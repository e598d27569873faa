// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.rigor.run.claim.LawJudgement;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.TheoryStudy;

/** {@code report.html} of a study of laws. */
final class TheoryHtml extends HtmlPage {
  private TheoryHtml() {}

  static String of(TheoryRecord run, List<LawJudgement> judgements, List<Figures.Figure> figures) {
    return new TheoryHtml().write(run, judgements, figures);
  }

  private String write(
      TheoryRecord run, List<LawJudgement> judgements, List<Figures.Figure> figures) {
    TheoryStudy s = run.study().study();
    begin(s.title().isEmpty() ? s.name() : s.title(), s.question());
    double seconds = run.results().values().stream().mapToDouble(LawResult::seconds).sum();
    paragraph(
        "%d of %d laws, %s of work on %s. Written %s."
            .formatted(
                run.results().size(),
                run.trials().size(),
                Format.seconds(seconds),
                run.provenance().get("device").getAsString(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    changes(run.study().smoke(), run.study().overrides());
    heading("Laws");
    Optional<Table> rows = LawTables.rows(run);
    table(rows, LawTables.VERDICT);
    paragraph(
        "A row agrees if the measurement lies within its tolerance of the prediction. It is weak if"
            + " a prediction 5 % off, or 0.01 off where it is zero, would agree too.");
    if (!judgements.isEmpty()) {
      heading("Claims");
      out.append("<ul>\n");
      judgements.forEach(
          j -> item("%s (%s): %s".formatted(j.law(), j.claim().id(), j.claim().says())));
      out.append("</ul>\n");
      table(LawTables.claims(judgements), 1);
      paragraph(
          "A claim holds if its whole interval lies in the claimed region, is violated if it lies"
              + " wholly outside, and is undecided otherwise. The claims share alpha = 0.01 by"
              + " Holm.");
    }
    if (!figures.isEmpty()) {
      heading("Figures");
      figures.forEach(this::figure);
    }
    LawTables.reports(run)
        .ifPresent(
            t -> {
              heading("Reported, without a claim");
              table(Optional.of(t), -1);
            });
    heading("What each law says");
    out.append("<ul>\n");
    for (LawTrial t : run.trials()) {
      item("%s: %s (%s)".formatted(t.label(), t.law().says(), t.law().source()));
    }
    out.append("</ul>\n");
    provenance(run.provenance(), run.study().text());
    return end();
  }
}
