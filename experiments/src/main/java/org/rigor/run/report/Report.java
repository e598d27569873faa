// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.rigor.run.claim.Judge;
import org.rigor.run.claim.Judgement;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.Quantities;
import org.rigor.run.yaml.Names;

/**
 * The report of a run: figures, {@code report.html}, {@code claims.json} and the text for a
 * terminal.
 *
 * @param judgements of the study's claims
 * @param text tables and verdicts
 */
public record Report(List<Judgement> judgements, String text) {

  /** Writes the files into the run folder. */
  public static Report write(RunRecord run) {
    List<ArmSummary> arms = ArmSummary.of(run);
    List<Judgement> judgements = Judge.judge(run.study().study(), run.everyArm(), run.results());
    List<Figures.Figure> figures = Figures.of(run, arms);
    figures.forEach(f -> run.folder().write("figures/" + f.name() + ".svg", f.svg()));
    run.folder().write("claims.json", json(judgements));
    run.folder().write("report.html", HtmlReport.of(run, arms, judgements, figures));
    return new Report(judgements, text(run, arms, judgements));
  }

  private static String text(RunRecord run, List<ArmSummary> arms, List<Judgement> judgements) {
    Quantities quantities = run.study().study().quantities();
    StringBuilder out = new StringBuilder();
    Tables.accuracy(arms).ifPresent(t -> out.append(t.text()).append('\n'));
    Tables.verdicts(arms).ifPresent(t -> out.append(t.text()).append('\n'));
    Tables.lipschitz(arms)
        .ifPresent(
            t ->
                out.append(t.text())
                    .append(
                        "(a global product bound does not rank models: read the Jacobian"
                            + " norms)\n\n"));
    Set<String> named =
        judgements.stream().map(j -> j.claim().metric()).collect(Collectors.toSet());
    ScalarTable.brief(arms, quantities, named).ifPresent(t -> out.append(t.text()).append('\n'));
    VarianceReport.tables(run).forEach(t -> out.append(t.text()).append('\n'));
    ClaimTable.of(judgements, quantities).ifPresent(t -> out.append(t.text()).append('\n'));
    if (out.indexOf("] cut") >= 0) {
      out.append("(cut: the interval reached beyond what the quantity can be, and ends there)\n\n");
    }
    for (Judgement j : judgements) {
      out.append(
          "(%s) %s  %s%s%s%n"
              .formatted(
                  j.claim().id(),
                  j.claim().says(),
                  j.settings().isEmpty() ? "" : j.settings() + "  ",
                  j.verdict(),
                  j.reason().isEmpty() ? "" : ": " + j.reason()));
    }
    return out.toString();
  }

  private static String json(List<Judgement> judgements) {
    JsonArray out = new JsonArray();
    for (Judgement j : judgements) {
      JsonObject o = new JsonObject();
      o.addProperty("id", j.claim().id());
      o.addProperty("says", j.claim().says());
      JsonObject at = new JsonObject();
      j.settings().forEach(at::addProperty);
      o.add("settings", at);
      o.addProperty("verdict", Names.kebab(j.verdict().name()));
      if (Double.isFinite(j.estimate())) {
        o.addProperty("estimate", j.estimate());
      }
      j.interval()
          .ifPresent(
              i -> {
                o.addProperty("low", i.low());
                o.addProperty("high", i.high());
                if (i.cut()) {
                  o.addProperty("cut", true);
                }
              });
      o.addProperty("level", j.level());
      o.addProperty("about", Names.kebab(j.claim().error().name()));
      o.addProperty("n", j.count());
      o.addProperty("reason", j.reason());
      out.add(o);
    }
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(out) + "\n";
  }
}
