// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.util.Locale;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;

/** The progress display of a study of laws: laws done, the current law, and its phase. */
public final class LawProgress extends LiveLine {
  private int laws;
  private int done;
  private int bad;
  private String current = "";
  private String phase = "";

  /**
   * @param out where it is shown
   */
  public LawProgress(PrintStream out, RunProgress.Style style) {
    super(out, style, System::nanoTime);
  }

  synchronized void start(int all, int stored) {
    laws = all;
    done = stored;
    restart();
    JsonObject e = event("start");
    e.addProperty("laws", all);
    e.addProperty("stored", stored);
    emit(e);
    if (stored > 0) {
      note(stored + " of " + all + " laws are finished already and are skipped");
    }
  }

  synchronized void begin(LawTrial trial) {
    current = trial.label();
    phase = "";
  }

  synchronized void phase(String name) {
    if (!name.equals(phase)) {
      phase = name;
      JsonObject e = event("phase");
      e.addProperty("law", current);
      e.addProperty("name", name);
      emit(e);
    }
  }

  synchronized void completed(LawTrial trial, LawResult r) {
    done++;
    JsonObject e = event("law");
    e.addProperty("id", r.id());
    e.addProperty("law", trial.label());
    e.addProperty("rows", r.findings().size());
    e.addProperty("agrees", r.agrees());
    e.addProperty("law-seconds", r.seconds());
    emit(e);
    long wrong = r.findings().stream().filter(f -> !f.agrees()).count();
    if (wrong > 0) {
      bad++;
      note("%s: %d of %d rows disagree".formatted(trial.label(), wrong, r.findings().size()));
    }
  }

  synchronized void failed(LawTrial trial, String message) {
    bad++;
    JsonObject e = event("failed");
    e.addProperty("law", trial.label());
    e.addProperty("message", message);
    emit(e);
    note(trial.label() + " failed: " + message);
  }

  @Override
  synchronized String line() {
    if (laws == 0 || current.isEmpty()) {
      return "";
    }
    String s =
        String.format(
            Locale.ROOT,
            "%s%d/%d laws  %s%s  red %d  %.0f s",
            bar(laws == 0 ? 0 : (double) done / laws),
            done,
            laws,
            current,
            phase.isEmpty() ? "" : ": " + phase,
            bad,
            seconds());
    return s.length() > 118 ? s.substring(0, 118) : s;
  }

  @Override
  synchronized void describe(JsonObject e) {
    e.addProperty("done", done);
    e.addProperty("law", current);
    e.addProperty("phase", phase);
  }
}
