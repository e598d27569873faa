// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.rigor.run.ExitCode;
import org.rigor.run.claim.LawJudgement;
import org.rigor.run.report.TheoryReport;
import org.rigor.run.schedule.LawProgress;
import org.rigor.run.schedule.Shutdown;
import org.rigor.run.schedule.TheoryRun;
import org.rigor.run.store.Damage;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunLock;
import org.rigor.run.store.TheoryRecord;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.TheoryFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.StudyInputs;
import org.rigor.run.yaml.Names;

/** A study of laws. */
record TheoryJob(TheoryFile study, List<LawTrial> laws, StudyJob.Setting setting)
    implements StudyJob {
  static TheoryJob of(TheoryFile study, StudyJob.Setting setting) {
    List<LawTrial> laws =
        LawTrial.of(study.study(), setting.engine().deviceKind(), setting.engine().numerics());
    List<LawTrial> part = laws.stream().filter(t -> setting.shard().has(t.id())).toList();
    return new TheoryJob(study, part, setting);
  }

  @Override
  @SuppressWarnings("try") // Lock and shutdown hook act by being open.
  public Ending run() throws IOException {
    RunFolder folder = RunFolder.createTheory(setting.folder(study));
    Cancellation cancellation = new Cancellation();
    try (RunLock lock = RunLock.claim(folder);
        LawProgress progress = new LawProgress(setting.progress(), setting.style());
        Shutdown shutdown = new Shutdown(cancellation, () -> lastWords(folder))) {
      folder.sweep().forEach(progress::note);
      setting.describe(folder, study, new StudyInputs()).forEach(progress::note);
      progress.note("device: " + setting.engine().deviceLine());
      if (setting.force()) {
        laws.forEach(t -> folder.remove("laws/" + t.id() + ".json"));
      } else {
        adopt(folder, progress);
      }
      Map<String, String> failures;
      try {
        failures =
            new TheoryRun(folder, progress, cancellation).run(laws, setting.engine().device());
      } finally {
        folder.finish();
      }
      if (cancellation.requested()) {
        return Ending.without(ExitCode.FAILED.code(), true, "interrupted");
      }
      return conclude(TheoryRecord.open(folder.root()), failures, setting.json(), setting.print());
    }
  }

  private void adopt(RunFolder folder, LawProgress progress) throws IOException {
    if (!setting.takesOver()) {
      return;
    }
    int taken = 0;
    Set<String> have = TheoryRecord.stored(folder, laws).keySet();
    List<LawTrial> open = laws.stream().filter(t -> !have.contains(t.id())).toList();
    for (Neighbours.Found<LawTrial> n : neighbours(folder, open, progress::note)) {
      taken += folder.adoptLaws(n.folder(), n.work()).size();
    }
    if (taken > 0) {
      progress.note(taken + " laws were finished by other runs in " + setting.out());
    }
  }

  /** Returns the neighbouring runs that hold results of laws without one. */
  static List<Neighbours.Found<LawTrial>> neighbours(
      RunFolder folder, List<LawTrial> open, Consumer<String> note) throws IOException {
    return Neighbours.find(
        folder,
        open,
        LawTrial::id,
        (other, laws) -> other.stored().lawResults(laws).sound().keySet(),
        note);
  }

  /**
   * Writes the report and prints the conclusion.
   *
   * @param failures why laws failed, by id of the trial
   */
  static Ending conclude(
      TheoryRecord run, Map<String, String> failures, boolean json, PrintStream out) {
    TheoryReport report = TheoryReport.write(run);
    boolean bad = !failures.isEmpty() || report.disagreeing() > 0 || report.violated();
    ExitCode judged = bad ? ExitCode.FAILED : ExitCode.OK;
    int exit = (run.damages().isEmpty() ? judged : ExitCode.DATA).code();
    if (json) {
      out.println(event(run, report, failures, exit));
    } else {
      out.println();
      out.print(report.text());
      for (LawTrial t : run.trials()) {
        if (failures.containsKey(t.id())) {
          out.printf("%s FAILED: %s%n", t.label(), failures.get(t.id()));
        }
      }
      out.print(Damage.text(run.damages()));
      out.printf("%nreport   %s%n", run.folder().report());
    }
    String summary =
        "%d of %d rows agree".formatted(report.rows() - report.disagreeing(), report.rows())
            + (failures.isEmpty() ? "" : ", %d laws failed".formatted(failures.size()));
    String claims =
        report.judgements().isEmpty()
            ? "-"
            : "%d of %d".formatted(report.holding(), report.judgements().size());
    int disagreeing = (int) run.results().values().stream().filter(r -> !r.agrees()).count();
    return new Ending(
        exit, false, summary, claims, run.trials().size(), run.results().size(), disagreeing);
  }

  private static JsonObject event(
      TheoryRecord run, TheoryReport report, Map<String, String> failures, int exit) {
    JsonObject o = new JsonObject();
    o.addProperty("event", "end");
    o.addProperty("exit", exit);
    o.addProperty("report", run.folder().report().toString());
    o.addProperty("rows", report.rows());
    o.addProperty("disagreeing", report.disagreeing());
    JsonArray claims = new JsonArray();
    for (LawJudgement j : report.judgements()) {
      JsonObject c = new JsonObject();
      c.addProperty("law", j.law());
      c.addProperty("id", j.claim().id());
      c.addProperty("verdict", Names.kebab(j.verdict().name()));
      claims.add(c);
    }
    o.add("claims", claims);
    JsonObject failed = new JsonObject();
    run.trials().stream()
        .filter(t -> failures.containsKey(t.id()))
        .forEach(t -> failed.addProperty(t.label(), failures.get(t.id())));
    o.add("failed", failed);
    return o;
  }

  private void lastWords(RunFolder folder) {
    System.err.printf(
        "%ninterrupted: %d of %d laws are finished and kept in %s%nresume with: %s%n",
        TheoryRecord.stored(folder, laws).size(), laws.size(), folder.root(), setting.resume());
    System.err.flush();
  }
}
