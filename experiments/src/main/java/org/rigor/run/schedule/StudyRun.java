// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.schedule;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.rigor.io.AtomicFile;
import org.rigor.run.store.Damage;
import org.rigor.run.store.Partials;
import org.rigor.run.store.RunFolder;
import org.rigor.run.store.StoredFiles;
import org.rigor.run.trial.Cancellation;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Pack;
import org.rigor.run.trial.PackRunner;
import org.rigor.run.trial.PackTooLarge;
import org.rigor.run.trial.Progress;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.trial.TrialSink;

/**
 * A run of the unfinished trials of a study, one pack at a time on each runner. It stores each
 * result as it arrives.
 */
public final class StudyRun {
  private final RunFolder folder;
  private final RunProgress progress;
  private final Cancellation cancellation;
  private final Map<String, TrialResult> results =
      Collections.synchronizedMap(new LinkedHashMap<>());

  /** The cancellations of running packs, so that a failure of one stops the others. */
  private final Set<Cancellation> running = ConcurrentHashMap.newKeySet();

  private volatile Throwable failure;

  /**
   * @param folder claimed by this process
   */
  public StudyRun(RunFolder folder, RunProgress progress, Cancellation cancellation) {
    this.folder = folder;
    this.progress = progress;
    this.cancellation = cancellation;
  }

  /**
   * Returns the stored results that are final. A failure of the machine rather than of the trial
   * (out of memory, an unspecified error) is not final and is retried.
   */
  public static Map<String, TrialResult> stored(RunFolder folder, List<Trial> trials) {
    return last(folder.stored().results(trials).sound());
  }

  private static Map<String, TrialResult> last(Map<String, TrialResult> found) {
    Map<String, TrialResult> out = new LinkedHashMap<>(found);
    out.values()
        .removeIf(r -> r.outcome() == Outcome.FAILED || r.outcome() == Outcome.OUT_OF_MEMORY);
    return out;
  }

  /**
   * Returns the sound results of trials; moves damaged ones aside and reports them. A result whose
   * network has another size than was stored is left out, too, so that the network is made again.
   */
  public static Map<String, TrialResult> sound(
      RunFolder folder, List<Trial> trials, Consumer<String> note) {
    StoredFiles.Results<TrialResult> found = folder.stored().results(trials);
    found.damages().forEach(d -> setAside(folder, d, note));
    Map<String, Damage> networks = new HashMap<>();
    folder.stored().wrongSizes().forEach(d -> networks.put(d.file(), d));
    Map<String, TrialResult> sound = new LinkedHashMap<>(found.sound());
    for (Trial t : trials) {
      Damage d = networks.remove(t.modelPath());
      if (d != null) {
        setAside(folder, d, note);
        trials.stream()
            .filter(o -> o.modelId().equals(t.modelId()))
            .forEach(o -> sound.remove(o.id()));
      }
    }
    return sound;
  }

  private static void setAside(RunFolder folder, Damage d, Consumer<String> note) {
    note.accept(
        "%s is damaged on disk (%s); it is kept as .damaged and made again"
            .formatted(d.file(), d.why()));
    folder.setAside(d.file());
  }

  /**
   * Runs what is not stored yet.
   *
   * @param trials of the study, in order
   * @param runners one for each pack that runs at a time
   * @return all results that exist at the end, in the order of the trials
   */
  public Map<String, TrialResult> run(List<Trial> trials, List<PackRunner> runners) {
    return run(trials, sound(folder, trials, progress::note), runners);
  }

  /**
   * Runs as {@link #run(List, List)} does, with the stored results already read.
   *
   * @param stored by id
   */
  public Map<String, TrialResult> run(
      List<Trial> trials, Map<String, TrialResult> stored, List<PackRunner> runners) {
    results.putAll(last(stored));
    List<Trial> open = trials.stream().filter(t -> !results.containsKey(t.id())).toList();
    progress.start(trials.size(), results.size());
    together(new PackQueue(Pack.group(open)), runners);
    Map<String, TrialResult> ordered = new LinkedHashMap<>();
    for (Trial t : trials) {
      if (results.containsKey(t.id())) {
        ordered.put(t.id(), results.get(t.id()));
      }
    }
    return ordered;
  }

  private void together(PackQueue queue, List<PackRunner> runners) {
    List<Thread> threads = new ArrayList<>();
    for (int i = 1; i < runners.size(); i++) {
      PackRunner runner = runners.get(i);
      threads.add(new Thread(() -> work(queue, runner), "packs " + (i + 1)));
    }
    threads.forEach(Thread::start);
    work(queue, runners.get(0));
    for (Thread t : threads) {
      while (t.isAlive()) { // do not return before: the caller closes its device
        try {
          t.join();
        } catch (InterruptedException e) {
          failed(queue, e);
        }
      }
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    } else if (failure instanceof Error e) {
      throw e;
    } else if (failure != null) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the run was interrupted", failure);
    }
  }

  private void work(PackQueue queue, PackRunner runner) {
    try {
      for (Optional<Pack> p = next(queue); p.isPresent(); p = next(queue)) {
        one(p.get(), queue, runner);
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      failed(queue, e);
    }
  }

  private Optional<Pack> next(PackQueue queue) throws InterruptedException {
    if (cancellation.requested()) {
      queue.end();
    }
    return queue.take();
  }

  /** Keeps the first failure; the other packs store their state and end. */
  private synchronized void failed(PackQueue queue, Throwable e) {
    if (failure == null) {
      failure = e;
    }
    queue.end();
    running.forEach(Cancellation::request);
  }

  private void one(Pack pack, PackQueue queue, PackRunner runner) {
    Cancellation own = cancellation.part();
    Progress shown = progress.pack();
    running.add(own);
    List<Pack> instead = List.of();
    boolean again = false;
    try {
      if (failure == null && !own.requested()) {
        runner.run(pack, sink(pack), shown, own);
        complete(pack, own);
      }
    } catch (PackTooLarge e) {
      List<Trial> left = left(pack);
      again = !left.isEmpty() && queue.again(pack, Pack.of(left));
      if (again) {
        progress.note(
            "a pack of %d trials found no memory beside others (%s): it is run again by itself"
                .formatted(left.size(), e.getMessage()));
      } else {
        instead = tooLarge(pack, e);
      }
    } finally {
      progress.ended(shown, left(pack).size());
      running.remove(own);
      cancellation.ended(own);
      if (!again) {
        queue.ended(pack, instead);
      }
    }
  }

  private List<Trial> left(Pack pack) {
    return pack.trials().stream().filter(t -> !results.containsKey(t.id())).toList();
  }

  private List<Pack> tooLarge(Pack pack, PackTooLarge e) {
    List<Trial> left = left(pack);
    if (left.size() == 1) {
      TrialResult r =
          TrialResult.failed(left.get(0).id(), Outcome.OUT_OF_MEMORY, e.getMessage(), 0);
      sink(pack).completed(r);
    } else if (!left.isEmpty()) {
      progress.note(
          "a pack of %d trials is too large (%s): halved".formatted(left.size(), e.getMessage()));
      return Pack.of(left).halves();
    }
    return List.of();
  }

  /** Marks as failed every trial for which the runner gave no result. */
  private void complete(Pack pack, Cancellation own) {
    if (own.requested()) {
      return;
    }
    for (Trial t : left(pack)) {
      sink(pack)
          .completed(TrialResult.failed(t.id(), Outcome.FAILED, "the runner gave no result", 0));
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
        new Partials(folder).remove(result.id());
        progress.completed(trial, result);
      }

      @Override
      public void measured(Partial partial) {
        new Partials(folder).save(byId.get(partial.result().id()), partial);
      }

      @Override
      public Optional<Partial> measured(String trialId) {
        return new Partials(folder).load(byId.get(trialId));
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
        Optional<Damage> damage = folder.stored().check(path);
        damage.ifPresent(d -> damaged(path, d.why()));
        return damage.isPresent() ? null : folder.existing(path).orElse(null);
      }

      @Override
      public void damaged(String path, String why) {
        progress.note(
            "%s is damaged on disk (%s); it is kept as .damaged and made again"
                .formatted(path, why));
        folder.setAside(path);
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
