// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.rigor.run.claim.Judgement;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.Study;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Names;

/** {@code report.html}: one file, no network, no script. */
final class HtmlReport extends HtmlPage {
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
    begin(title, s.question());
    summary(run);
    claims(judgements, s.quantities());
    heading("Results");
    table(Tables.accuracy(arms), -1);
    table(Tables.verdicts(arms), -1);
    figures.forEach(this::figure);
    VarianceReport.tables(run).forEach(t -> table(Optional.of(t), -1));
    table(Tables.lipschitz(arms), -1);
    heading("Every accuracy with its errors");
    table(Tables.brackets(arms), -1);
    paragraph(
        "In percent, 95 % intervals. Over seeds: Student on the seeds' means; \"cut\" where the"
            + " interval reached beyond what the quantity can be and ends there, and a share of n"
            + " images is known to half an image at best. Over images: Wilson at the mean over"
            + " seeds. The two are separate questions and are never pooled. Population: from the"
            + " lower limit of certified to the upper limit of attacked accuracy, over images; an"
            + " interval around attacked accuracy alone is sampling error only.");
    heading("Every number with its error over seeds");
    table(ScalarTable.all(arms, s.quantities()), -1);
    definitions(arms, s.quantities());
    reading(arms);
    trials(run);
    provenance(run.folder(), run.provenance(), run.study().text());
    return end();
  }

  private void summary(RunRecord run) {
    long failed = run.results().values().stream().filter(r -> !r.finished()).count();
    double seconds = run.results().values().stream().mapToDouble(TrialResult::seconds).sum();
    String device = run.provenance().head().device();
    boolean emulated = run.provenance().head().deviceKind().equals("emulated");
    paragraph(
        "%d of %d trials%s, %s of work on %s. Written %s."
            .formatted(
                run.results().size(),
                run.trials().size(),
                failed == 0 ? "" : ", " + failed + " of them failed",
                Format.seconds(seconds),
                device,
                Instant.now().truncatedTo(ChronoUnit.SECONDS)));
    if (!run.damages().isEmpty()) {
      paragraph("Damaged files, whose results are left out:");
      out.append("<ul>\n");
      run.damages().forEach(d -> item(d.text()));
      out.append("</ul>\n");
    }
    if (emulated) {
      paragraph("Emulated: a CPU stood in for the CUDA device. Times mean nothing.");
    }
    changes(run.study().smoke(), run.study().overrides());
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
    table(ClaimTable.of(judgements, quantities), 1);
    paragraph(
        "A claim holds if its whole interval lies in the claimed region, is violated if it lies"
            + " wholly outside, and is undecided otherwise. The claims share alpha = 0.01 by Holm."
            + " Seeds that all give one number show no variance and exclude none: nothing is"
            + " decided, unless the number is a share, known to half an image.");
  }

  /** Adds the definition of each number once. */
  private void definitions(List<ArmSummary> arms, Quantities quantities) {
    out.append("<details><summary>What the numbers are</summary><ul>\n");
    for (Quantity q : quantities.all()) {
      if (arms.stream().anyMatch(a -> a.scalar(q.name()).isPresent())) {
        item("%s: %s".formatted(Quantities.written(q.name()), q.says()));
      }
    }
    out.append("</ul></details>\n");
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
            + " arithmetic and was computed in floating point; ESTIMATE is statistical or"
            + " heuristic.");
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
}
