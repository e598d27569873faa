// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.rigor.run.ExitCode;
import org.rigor.run.claim.Judgement;
import org.rigor.run.claim.Verdict;
import org.rigor.run.report.Report;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.Damage;
import org.rigor.run.store.RunFacts;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.Study;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;

/** The text at the end of a run, and its exit code. */
final class Conclusion {
  private Conclusion() {}

  /**
   * Writes the report and prints the conclusion.
   *
   * @param advise whether to name commands to try next
   */
  static StudyJob.Ending write(
      RunRecord run,
      Map<String, TrialResult> results,
      Shard shard,
      boolean advise,
      boolean json,
      PrintStream out) {
    Report report = Report.write(run);
    Map<Outcome, List<TrialResult>> failures = StudyRun.failures(results.values());
    // A shard's verdicts may differ from those of all trials, so only a whole run fails by claims.
    boolean bad =
        !failures.isEmpty()
            || shard.whole() && report.judgements().stream().anyMatch(j -> !j.acceptable());
    // A verdict reached without the damaged results does not speak for the study.
    ExitCode judged = bad ? ExitCode.FAILED : ExitCode.OK;
    int exit = (run.damages().isEmpty() ? judged : ExitCode.DATA).code();
    if (json) {
      out.println(event(run, report, failures, exit));
      return ending(run, results, report, exit);
    }
    out.println();
    out.print(report.text());
    failures.forEach(
        (outcome, list) ->
            out.printf(
                "%d trials %s; the first: %s%n",
                list.size(), Names.kebab(outcome.name()).replace('-', ' '), list.get(0).message()));
    out.print(Damage.text(run.damages()));
    if (!run.damages().isEmpty()) {
      out.printf(
          "%d of %d trials have no result that can be used; './rigor run' makes damaged ones"
              + " again%n",
          run.trials().size() - run.results().size(), run.trials().size());
    }
    long unknown =
        run.results().keySet().stream()
            .filter(id -> !run.folder().stored().known(RunFolder.trialPath(id)))
            .count();
    if (unknown > 0) {
      out.printf(
          "no checksums stored of %d of %d results, nor of their networks: version 0.1 kept none%n",
          unknown, run.results().size());
    }
    out.printf("%nreport   %s%n", run.folder().report());
    if (advise && shard.whole()) {
      next(run, out);
    } else if (!shard.whole()) {
      out.printf("part %s of the trials: no claim counts before all parts are together%n", shard);
    }
    return ending(run, results, report, exit);
  }

  private static StudyJob.Ending ending(
      RunRecord run, Map<String, TrialResult> results, Report report, int exit) {
    long good = results.values().stream().filter(TrialResult::finished).count();
    List<Judgement> claims = report.judgements();
    long holding = claims.stream().filter(j -> j.verdict() == Verdict.HOLDS).count();
    long undecided = claims.stream().filter(j -> j.verdict() == Verdict.UNDECIDED).count();
    return new StudyJob.Ending(
        exit,
        false,
        "%d of %d trials".formatted(good, run.trials().size()),
        claims.isEmpty()
            ? "-"
            : "%d of %d".formatted(holding, claims.size())
                + (undecided == 0 ? "" : ", %d undecided".formatted(undecided)),
        run.trials().size(),
        run.results().size(),
        (int) (run.results().size() - good));
  }

  private static void next(RunRecord run, PrintStream out) {
    if (!run.study().overrides().isEmpty() || run.study().smoke()) {
      return;
    }
    Study study = run.study().study();
    if (study.training().isNone()) {
      return;
    }
    String change = change(study);
    Path root = run.folder().root();
    Path runs = root.getParent() == null ? Path.of(".") : root.getParent();
    RunFacts made = run.provenance().head();
    CommandText.changed(made.command(), made.studyFile(), change, runs)
        .ifPresent(
            command -> {
              String name = StudyOptions.folderName(study.name(), false, List.of(change));
              out.printf("try      %s%n", command);
              out.printf("then     %s%n", CommandText.compare(root, root.resolveSibling(name)));
            });
  }

  /** Returns a change worth trying: a smaller training radius, or else more epochs. */
  private static String change(Study study) {
    List<MethodSpec> methods = study.training().methods();
    for (int i = 0; i < methods.size(); i++) {
      if (methods.get(i) instanceof MethodSpec.Pgd pgd) {
        double smaller =
            new BigDecimal(2 * pgd.attack().epsilon() / 3).round(new MathContext(2)).doubleValue();
        boolean plain = pgd.name().matches("[A-Za-z][A-Za-z0-9_-]*");
        String step = plain ? "." + pgd.name() : "[" + i + "]";
        return "training.methods%s.epsilon=%s".formatted(step, Numbers.show(smaller));
      }
    }
    return "training.epochs=" + 2 * study.training().shared().epochs();
  }

  private static JsonObject event(
      RunRecord run, Report report, Map<Outcome, List<TrialResult>> failures, int exit) {
    JsonObject o = new JsonObject();
    o.addProperty("event", "end");
    o.addProperty("exit", exit);
    o.addProperty("report", run.folder().report().toString());
    JsonArray claims = new JsonArray();
    for (Judgement j : report.judgements()) {
      JsonObject c = new JsonObject();
      c.addProperty("id", j.claim().id());
      c.addProperty("verdict", Names.kebab(j.verdict().name()));
      claims.add(c);
    }
    o.add("claims", claims);
    JsonObject failed = new JsonObject();
    failures.forEach((k, v) -> failed.addProperty(Names.kebab(k.name()), v.size()));
    o.add("failed", failed);
    return o;
  }
}
