// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Work on rows, of which a device that works apart from the host has more queued than the host
 * looks at. What is done ahead is what will be wanted, as far as the host can tell; results are
 * taken in the order in which they would be found without.
 */
final class Pipeline {
  /** Rows in stages, each of which begins with what the one before found. */
  interface Stages {
    /** Queues the next stage; returns null if all are over. */
    Bounder.Pending next();

    /** Takes what the last stage found. */
    void take();
  }

  /** Stages that have begun. */
  static final class Task {
    private final Stages stages;
    private Bounder.Pending pending;
    private boolean over;

    private Task(Stages stages) {
      this.stages = stages;
    }
  }

  private final Bounder bounder;
  private final Deque<Task> under = new ArrayDeque<>();

  Pipeline(Bounder bounder) {
    this.bounder = bounder;
  }

  /** Returns whether work may be done ahead. */
  boolean isAhead() {
    return bounder.isAhead();
  }

  /**
   * Cuts a list so that one part can run while the host looks at the other: in two where work may
   * be done ahead.
   */
  <T> List<List<T>> parts(List<T> all) {
    if (!isAhead() || all.size() < 2) {
      return all.isEmpty() ? List.of() : List.of(all);
    }
    int half = (all.size() + 1) / 2;
    return List.of(all.subList(0, half), all.subList(half, all.size()));
  }

  /** Begins stages; where no work is done ahead, they run when they are finished. */
  Task begin(Stages stages) {
    Task task = new Task(stages);
    if (isAhead()) {
      queue(task);
    }
    return task;
  }

  private void queue(Task task) {
    task.pending = task.stages.next();
    task.over = task.pending == null;
    if (!task.over) {
      under.add(task);
    }
  }

  /**
   * Finishes stages.
   *
   * @param more begins others, if there are any: the device would have nothing to do while the host
   *     looks at the only ones
   */
  void finish(Task task, Runnable more) {
    if (!isAhead()) {
      run(task);
      return;
    }
    while (!task.over) {
      if (under.size() == 1) {
        more.run();
      }
      Task first = under.remove();
      if (first.pending.look()) {
        first.stages.take();
        queue(first);
      } else {
        under.add(first);
      }
    }
  }

  private static void run(Task task) {
    while (!task.over) {
      task.pending = task.stages.next();
      task.over = task.pending == null;
      if (!task.over) {
        task.pending.take();
        task.stages.take();
      }
    }
  }

  /** Runs stages side by side. */
  void run(List<? extends Stages> all) {
    List<Task> tasks = new ArrayList<>();
    all.forEach(s -> tasks.add(begin(s)));
    tasks.forEach(t -> finish(t, () -> {}));
  }
}
