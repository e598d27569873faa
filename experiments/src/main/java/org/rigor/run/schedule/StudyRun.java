// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.io.AtomicFile;
import org.rigor.run.store.RunFolder;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.PackTooLarge;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;

/** Runs the unfinished trials of a study, pack by pack, and stores each result as it comes. */
public final class StudyRun {
  private final RunFolder folder;
  private final RunProgress progress;
  private final Cancellation cancellation;
  private final Map<String, TrialResult> results = new LinkedHashMap<>();

  /**
   * @param folder claimed by this process
   */
  public StudyRun(RunFolder folder, RunProgress progress, Cancellation cancellation) {
    this.folder = folder;
    this.progress = progress;
    this.cancellation = cancellation;
  }

  /**
   * Returns the trials whose result is stored and final. A failure of the machine rather than of
   * the trial (out of memory, an unnamed error) is tried again.
   */
  public static Map<String, TrialResult> stored(RunFolder folder, List<Trial> trials) {
    Map<String, TrialResult> out = new LinkedHashMap<>();
    for (Trial t : trials) {
      folder
          .load(t.id())
          .filter(r -> r.outcome() != Outcome.FAILED && r.outcome() != Outcome.OUT_OF_MEMORY)
          .ifPresent(r -> out.put(t.id(), r));
    }
    return out;
  }

  /**
   * Runs what is not stored yet.
   *
   * @param trials of the study, in order
   * @return all results that are there at the end, in the order of the trials
   */
  public Map<String, TrialResult> run(List<Trial> trials, PackRunner runner) {
    for (String id : folder.damaged(trials)) {
      progress.note("trial " + id + " is damaged on disk; it is kept as .damaged and redone");
      folder.setAside(id);
    }
    results.putAll(stored(folder, trials));
    List<Trial> open = trials.stream().filter(t -> !results.containsKey(t.id())).toList();
    progress.start(trials.size(), results.size());
    Deque<Pack> queue = new ArrayDeque<>(Pack.group(open));
    while (!queue.isEmpty() && !cancellation.requested()) {
      Pack pack = queue.removeFirst();
      try {
        runner.run(pack, sink(pack), progress, cancellation);
        complete(pack);
      } catch (PackTooLarge e) {
        tooLarge(pack, queue, e);
      }
    }
    Map<String, TrialResult> ordered = new LinkedHashMap<>();
    for (Trial t : trials) {
      if (results.containsKey(t.id())) {
        ordered.put(t.id(), results.get(t.id()));
      }
    }
    return ordered;
  }

  private void tooLarge(Pack pack, Deque<Pack> queue, PackTooLarge e) {
    List<Trial> left = pack.trials().stream().filter(t -> !results.containsKey(t.id())).toList();
    if (left.size() == 1) {
      TrialResult r =
          TrialResult.failed(left.get(0).id(), Outcome.OUT_OF_MEMORY, e.getMessage(), 0);
      sink(pack).completed(r);
    } else if (!left.isEmpty()) {
      progress.note(
          "a pack of %d trials is too large (%s): halved".formatted(left.size(), e.getMessage()));
      List<Pack> halves = Pack.of(left).halves();
      for (int i = halves.size() - 1; i >= 0; i--) {
        queue.addFirst(halves.get(i));
      }
    }
  }

  /** A runner that returns without a word about a trial has failed it. */
  private void complete(Pack pack) {
    if (cancellation.requested()) {
      return;
    }
    for (Trial t : pack.trials()) {
      if (!results.containsKey(t.id())) {
        sink(pack)
            .completed(TrialResult.failed(t.id(), Outcome.FAILED, "the runner gave no result", 0));
      }
    }
  }

  private TrialSink sink(Pack pack) {
    Map<String, Trial> byId = new LinkedHashMap<>();
    pack.trials().forEach(t -> byId.put(t.id(), t));
    return new TrialSink() {
      @Override
      public void completed(TrialResult result) {
        Trial trial = byId.get(result.id());
        if (trial == null) {
          throw new IllegalArgumentException("trial " + result.id() + " is not in the pack");
        }
        Invariants.check(result);
        synchronized (results) {
          folder.save(trial, result);
          results.put(result.id(), result);
        }
        progress.completed(trial, result);
      }

      @Override
      public void metric(String trialId, String phase, long step, Map<String, Double> values) {
        JsonObject o = new JsonObject();
        o.addProperty("trial", trialId);
        o.addProperty("phase", phase);
        o.addProperty("step", step);
        values.forEach(
            (k, v) -> {
              if (Double.isFinite(v)) {
                o.addProperty(k, v);
              } else {
                o.addProperty(k, v.toString());
              }
            });
        synchronized (results) {
          folder.appendMetrics(o + "\n");
        }
      }

      @Override
      public void metricsRestart(Set<String> trialIds, long after) {
        folder.dropMetrics(trialIds, after);
      }

      @Override
      public void file(String path, AtomicFile.Content content) {
        folder.write(path, content);
      }

      @Override
      public Path existing(String path) {
        return folder.existing(path).orElse(null);
      }

      @Override
      public void discard(String path) {
        folder.remove(path);
      }
    };
  }

  /** Returns the trials that did not finish, by outcome. */
  public static Map<Outcome, List<TrialResult>> failures(Iterable<TrialResult> results) {
    Map<Outcome, List<TrialResult>> out = new LinkedHashMap<>();
    for (TrialResult r : results) {
      if (!r.finished()) {
        out.computeIfAbsent(r.outcome(), k -> new ArrayList<>()).add(r);
      }
    }
    return out;
  }
}
