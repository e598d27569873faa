// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.run.store.Damage;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.StoredFiles;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;
import org.rigor.run.theory.RecordingLab;
import org.rigor.run.trial.Cancellation;

/**
 * A run of the unfinished laws of a study, one after another. It stores each result as it arrives.
 */
public final class TheoryRun {
  private final RunFolder folder;
  private final LawProgress progress;
  private final Cancellation cancellation;

  /**
   * @param folder claimed by this process
   */
  public TheoryRun(RunFolder folder, LawProgress progress, Cancellation cancellation) {
    this.folder = folder;
    this.progress = progress;
    this.cancellation = cancellation;
  }

  /** Thrown to leave a law when the run is to end early. */
  private static final class Cancelled extends RuntimeException {
    Cancelled() {
      super("cancelled", null, false, false);
    }
  }

  /**
   * Measures the laws without a stored result. If a law throws, the others continue, and the next
   * run retries it.
   *
   * @param trials laws of the study, in order
   * @return why laws failed, by id of the trial
   * @throws org.rigor.run.RunException if a result cannot be stored
   */
  public Map<String, String> run(List<LawTrial> trials, Device device) {
    StoredFiles.Results<LawResult> found = folder.stored().lawResults(trials);
    for (Damage d : found.damages()) {
      progress.note(
          "%s is damaged on disk (%s); it is kept as .damaged and measured again"
              .formatted(d.file(), d.why()));
      folder.setAside(d.file());
    }
    Map<String, LawResult> stored = found.sound();
    progress.start(trials.size(), stored.size());
    Map<String, String> failures = new LinkedHashMap<>();
    // No part of an unfinished law is stored, so an early end need not wait for it.
    cancellation.expendable(true);
    for (LawTrial t : trials) {
      if (cancellation.requested()) {
        break;
      }
      if (stored.containsKey(t.id())) {
        continue;
      }
      progress.begin(t);
      LawResult r;
      try {
        r = measure(t, device);
      } catch (Cancelled e) {
        break;
      } catch (RuntimeException e) {
        String message =
            e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getClass().getSimpleName() + ": " + e.getMessage();
        failures.put(t.id(), message);
        progress.failed(t, message);
        continue;
      }
      // A failure to store ends the run: results of the other laws would be lost too.
      folder.saveLaw(t, r);
      progress.completed(t, r);
    }
    return failures;
  }

  private LawResult measure(LawTrial t, Device device) {
    long start = System.nanoTime();
    RecordingLab lab =
        new RecordingLab(device, t.seed()) {
          @Override
          public void phase(String name) {
            checkpoint();
            progress.phase(name);
          }

          @Override
          public void checkpoint() {
            if (cancellation.requested()) {
              throw new Cancelled();
            }
          }
        };
    t.law().measure(lab);
    double seconds = Math.round((System.nanoTime() - start) / 1e6) / 1e3;
    return new LawResult(
        t.id(), seconds, lab.findings(), lab.claims(), lab.reports(), lab.charts());
  }
}
