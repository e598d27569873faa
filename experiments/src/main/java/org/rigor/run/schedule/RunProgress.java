// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Names;

/**
 * The progress display of a study of networks. Packs that run concurrently share the line: their
 * phases are joined by +, their metrics by /.
 */
public final class RunProgress extends LiveLine {
  /** How progress is shown. */
  public enum Style {
    TERMINAL,
    PLAIN,
    JSON
  }

  private final List<PackProgress> running = new ArrayList<>();
  private final Forecast forecast = new Forecast();
  private int trials;
  private int done;
  private int skipped;
  private int failed;
  private int trialsBefore;
  private double unitsBefore;

  /**
   * @param out where it is shown
   */
  public RunProgress(PrintStream out, Style style) {
    super(out, style, System::nanoTime);
  }

  /**
   * @param nanos a clock
   */
  RunProgress(PrintStream out, Style style, LongSupplier nanos) {
    super(out, style, nanos);
  }

  /** Begins a run of {@code all} trials, of which {@code stored} already have results. */
  synchronized void start(int all, int stored) {
    trials = all;
    done = stored;
    skipped = stored;
    restart();
    JsonObject e = event("start");
    e.addProperty("trials", all);
    e.addProperty("stored", stored);
    emit(e);
    if (stored > 0) {
      note(stored + " of " + all + " trials are finished already and are skipped");
    }
  }

  synchronized void completed(Trial trial, TrialResult r) {
    done++;
    JsonObject e = event("trial");
    e.addProperty("id", r.id());
    e.addProperty("arm", trial.arm().label());
    e.addProperty("seed", trial.spec().seed());
    e.addProperty("outcome", Names.kebab(r.outcome().name()));
    e.addProperty("message", r.message());
    emit(e);
    if (!r.finished()) {
      failed++;
      note(
          "trial %s (%s, seed %d) %s: %s"
              .formatted(
                  r.id(),
                  trial.arm().label(),
                  trial.spec().seed(),
                  Names.kebab(r.outcome().name()).replace('-', ' '),
                  r.message()));
    }
  }

  /** Returns the progress of a new pack; call {@link #ended} when it has ended. */
  synchronized Progress pack() {
    return new PackProgress(this);
  }

  /** Begins the work of a pack, possibly again. */
  synchronized void began(PackProgress pack, long units) {
    if (!running.contains(pack)) {
      running.add(pack);
    }
    JsonObject e = event("pack");
    e.addProperty("pack", pack.id());
    e.addProperty("trials", pack.trials());
    e.addProperty("units", units);
    emit(e);
  }

  synchronized void phase(PackProgress pack, String name) {
    JsonObject e = event("phase");
    e.addProperty("pack", pack.id());
    e.addProperty("name", name);
    emit(e);
  }

  /**
   * Ends a pack after its runner has returned.
   *
   * @param left number of its trials that are not finished
   */
  synchronized void ended(Progress pack, int left) {
    PackProgress p = (PackProgress) pack;
    if (running.remove(p)) {
      unitsBefore += p.done();
      trialsBefore += p.trials() - left;
      forecast.ended(p.pace(), seconds(), p.trials() - left);
    }
  }

  @Override
  synchronized String line() {
    if (trials == 0 || running.isEmpty()) {
      return "";
    }
    StringBuilder s = new StringBuilder(bar(share()));
    s.append(done).append('/').append(trials).append(" trials");
    String phases =
        running.stream()
            .map(PackProgress::phase)
            .filter(p -> !p.isEmpty())
            .distinct()
            .collect(Collectors.joining("+"));
    if (!phases.isEmpty()) {
      s.append("  ").append(phases);
    }
    if (running.stream().anyMatch(PackProgress::trains)) {
      s.append("  ").append(count(rate())).append(" steps/s");
    }
    metrics()
        .forEach(
            (k, v) ->
                s.append("  ")
                    .append(k)
                    .append(' ')
                    .append(v.stream().map(RunProgress::number).collect(Collectors.joining("/"))));
    s.append("  failed ").append(failed);
    s.append(timeLeft());
    return s.length() > 118 ? s.substring(0, 118) : s.toString();
  }

  @Override
  synchronized void describe(JsonObject e) {
    e.addProperty("done", done);
    e.addProperty("failed", failed);
    e.addProperty("rate", rate());
    double eta = eta();
    if (!Double.isNaN(eta)) {
      e.addProperty("eta-seconds", Math.round(eta));
    }
    metrics().forEach((k, v) -> e.addProperty(k, v.get(v.size() - 1)));
  }

  /** Returns the latest values of each metric, in the order in which the packs began. */
  private Map<String, List<Double>> metrics() {
    Map<String, List<Double>> all = new LinkedHashMap<>();
    for (PackProgress p : running) {
      p.metrics().forEach((k, v) -> all.computeIfAbsent(k, n -> new ArrayList<>()).add(v));
    }
    return all;
  }

  private double share() {
    double fresh = trials - skipped;
    double worked = trialsBefore + running.stream().mapToDouble(PackProgress::worked).sum();
    return Math.min(1, (skipped + Math.min(fresh, worked)) / trials);
  }

  private double rate() {
    return (unitsBefore + running.stream().mapToLong(PackProgress::done).sum()) / seconds();
  }

  private double eta() {
    return forecast.left(seconds(), running, laterTrials());
  }

  /** Returns the remaining time or a lower bound on it, in words; empty if nothing is known. */
  private String timeLeft() {
    double eta = eta();
    if (!Double.isNaN(eta)) {
      return "  ETA " + clock(eta);
    }
    double least = forecast.atLeast(seconds(), running);
    return least < 1 ? "" : "  ETA over " + clock(least);
  }

  private int laterTrials() {
    int now = running.stream().mapToInt(PackProgress::trials).sum();
    return Math.max(0, trials - skipped - trialsBefore - now);
  }

  private static String clock(double seconds) {
    if (!(seconds >= 0) || seconds > 1e8) {
      return "?";
    }
    long s = Math.round(seconds);
    return s >= 3600
        ? "%d:%02d:%02d".formatted(s / 3600, s / 60 % 60, s % 60)
        : "%d:%02d".formatted(s / 60, s % 60);
  }

  private static String count(double v) {
    if (v >= 1e6) {
      return String.format(Locale.ROOT, "%.1fM", v / 1e6);
    }
    return v >= 1e3
        ? String.format(Locale.ROOT, "%.1fk", v / 1e3)
        : String.format(Locale.ROOT, v < 9.95 ? "%.1f" : "%.0f", v);
  }

  private static String number(double v) {
    return String.format(Locale.ROOT, Math.abs(v) >= 0.01 ? "%.3f" : "%.2e", v);
  }
}
