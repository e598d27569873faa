// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.claim.LawJudgement;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.Finding;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.TheoryStudy;

/** {@code report.html} of a study of laws. */
final class TheoryHtml extends HtmlPage {
  private TheoryHtml() {}

  static String of(
      TheoryRecord run, List<LawJudgement> judgements, Map<String, List<Figures.Figure>> figures) {
    return new TheoryHtml().write(run, judgements, figures);
  }

  private String write(
      TheoryRecord run, List<LawJudgement> judgements, Map<String, List<Figures.Figure>> figures) {
    TheoryStudy s = run.study().study();
    begin(s.title().isEmpty() ? s.name() : s.title(), s.question());
    double seconds = run.results().values().stream().mapToDouble(LawResult::seconds).sum();
    paragraph(
        "%d of %d laws, %s of work on %s. Written %s."
            .formatted(
                run.results().size(),
                run.trials().size(),
                Format.seconds(seconds),
                run.provenance().head().device(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    changes(run.study().smoke(), run.study().overrides());
    paragraph(
        "%d of %d rows agree. A row agrees if the measurement lies within its tolerance of the"
                .formatted(agreeing(run), rows(run))
            + " prediction. It is weak if a prediction 5 % off, or 0.01 off where it is zero, would"
            + " agree too.");
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
    for (LawTrial t : run.trials()) {
      heading(t.label());
      paragraph("%s (%s)".formatted(t.law().says(), t.law().source()));
      LawResult r = run.results().get(t.id());
      if (r == null) {
        paragraph("Not measured.");
        continue;
      }
      table(LawTables.rows(r), LawTables.VERDICT);
      figures.get(t.id()).forEach(this::figure);
    }
    LawTables.reports(run)
        .ifPresent(
            t -> {
              heading("Reported, without a claim");
              table(Optional.of(t), -1);
            });
    provenance(run.folder(), run.provenance(), run.study().text());
    return end();
  }

  private static long rows(TheoryRecord run) {
    return run.results().values().stream().mapToLong(r -> r.findings().size()).sum();
  }

  private static long agreeing(TheoryRecord run) {
    return run.results().values().stream()
        .flatMap(r -> r.findings().stream())
        .filter(Finding::agrees)
        .count();
  }
}
