// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.rigor.run.ExitCode;
import org.rigor.run.schedule.RunProgress;
import org.rigor.run.schedule.Shutdown;
import org.rigor.run.schedule.StudyRun;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.RunLock;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.StudyDocument;
import org.rigor.run.study.StudyFile;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** A study of networks. */
record NetworkJob(Prepared prepared, StudyJob.Setting setting) implements StudyJob {
  static NetworkJob of(StudyFile study, StudyJob.Setting setting) {
    Prepared all = Prepared.of(study, setting.engine());
    List<Trial> part = all.trials().stream().filter(t -> setting.shard().has(t.id())).toList();
    return new NetworkJob(new Prepared(study, all.inputs(), part, all.everyArm()), setting);
  }

  @Override
  public StudyDocument study() {
    return prepared.study();
  }

  @Override
  @SuppressWarnings("try") // Lock and shutdown hook act by being open.
  public Ending run() throws IOException {
    List<PackRunner> runners = setting.engine().runners(setting.packs());
    RunFolder folder = RunFolder.create(setting.folder(study()));
    Cancellation cancellation = new Cancellation();
    try (RunLock lock = RunLock.claim(folder);
        RunProgress progress = new RunProgress(setting.progress(), setting.style());
        Shutdown shutdown = new Shutdown(cancellation, () -> lastWords(folder))) {
      folder.sweep().forEach(progress::note);
      setting.describe(folder, study(), prepared.inputs()).forEach(progress::note);
      progress.note("device: " + setting.engine().deviceLine());
      prepared
          .inputs()
          .data()
          .values()
          .forEach(d -> d.notes().forEach(n -> progress.note(d.name() + ": " + n)));
      prepared.inputs().noted().forEach(progress::note);
      if (setting.force()) {
        folder.forget(prepared.trials());
      }
      Map<String, TrialResult> results;
      try {
        results =
            new StudyRun(folder, progress, cancellation)
                .run(prepared.trials(), stored(folder, progress), runners);
      } finally {
        folder.finish();
      }
      if (cancellation.requested()) {
        return Ending.without(ExitCode.FAILED.code(), true, "interrupted");
      }
      return Conclusion.write(
          RunRecord.of(folder, prepared.study(), prepared.everyArm(), results),
          results,
          setting.shard(),
          setting.folderName().isEmpty(),
          setting.json(),
          setting.print());
    }
  }

  /** Returns the stored results, with finished trials taken over from neighbouring runs. */
  private Map<String, TrialResult> stored(RunFolder folder, RunProgress progress)
      throws IOException {
    Map<String, TrialResult> all =
        new HashMap<>(StudyRun.sound(folder, prepared.trials(), progress::note));
    if (!setting.takesOver()) {
      return all;
    }
    int taken = 0;
    List<Trial> open = prepared.trials().stream().filter(t -> !all.containsKey(t.id())).toList();
    for (Neighbours.Found<Trial> n : neighbours(folder, open, progress::note)) {
      Map<String, TrialResult> found = folder.adopt(n.folder(), n.work());
      all.putAll(found);
      taken += found.size();
    }
    if (taken > 0) {
      progress.note(taken + " trials were finished by other runs in " + setting.out());
    }
    return all;
  }

  /** Returns the neighbouring runs that hold results of trials without one. */
  static List<Neighbours.Found<Trial>> neighbours(
      RunFolder folder, List<Trial> open, Consumer<String> note) throws IOException {
    return Neighbours.find(
        folder,
        open,
        Trial::id,
        (other, trials) -> other.stored().results(trials).sound().keySet(),
        note);
  }

  private void lastWords(RunFolder folder) {
    int done = StudyRun.stored(folder, prepared.trials()).size();
    System.err.printf(
        "%ninterrupted: %d of %d trials are finished and kept in %s%nresume with: %s%n",
        done, prepared.trials().size(), folder.root(), setting.resume());
    System.err.flush();
  }
}
