// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Groups elementwise steps over one shape, and short reductions with their neighbours, so that one
 * pass over memory computes them: an optimiser's new state and the parameter it moves, a layer's
 * pre-activation and activation, the counters of a loop. Steps that share a large operand join at
 * any size, others where a launch costs more than their elements. Runs before slots share memory,
 * so that steps conflict only where they name the same slot.
 */
final class Groups {
  /** How far back a step looks for others; keeps the search linear in long programs. */
  private static final int WINDOW = 64;

  /** Elements of all models below which a launch costs more than the elements. */
  private static final long SMALL = 1 << 15;

  private final List<Slot> slots;
  private final List<Together> done = new ArrayList<>();

  private Groups(List<Slot> slots) {
    this.slots = slots;
  }

  static List<PlanStep> of(List<PlanStep> steps, List<Slot> slots) {
    Groups g = new Groups(slots);
    for (PlanStep s : early(steps, slots)) {
      g.add(new Together(s));
    }
    return g.finished();
  }

  /**
   * Moves the steps that overwrite a state, which come last, up to where the old value is no longer
   * read, so that the gradients they consume die early.
   */
  private static List<PlanStep> early(List<PlanStep> steps, List<Slot> slots) {
    List<PlanStep> order = new ArrayList<>();
    for (PlanStep s : steps) {
      int at = order.size();
      if (s instanceof PlanStep.Map && !slots.get(s.output().slot()).inArena()) {
        Together moving = new Together(s);
        while (at > 0 && !moving.conflicts(new Together(order.get(at - 1)))) {
          at--;
        }
      }
      order.add(at, s);
    }
    return order;
  }

  private void add(Together s) {
    if (!s.isJoinable() || !(join(s, true) || join(s, false))) {
      done.add(s);
    }
  }

  /**
   * Joins a step with the nearest earlier one that admits it: moves it up to that step, or that
   * step down to the end.
   */
  private boolean join(Together s, boolean related) {
    int last = Math.max(0, done.size() - WINDOW);
    for (int at = done.size() - 1; at >= last; at--) {
      Together other = done.get(at);
      boolean wanted = related ? sharesMemory(other, s) : s.elements() <= SMALL;
      if (!wanted || !other.admits(s)) {
        continue;
      }
      List<Together> between = done.subList(at + 1, done.size());
      if (between.stream().noneMatch(s::conflicts)) {
        other.add(s);
        return true;
      }
      if (between.stream().noneMatch(other::conflicts)) {
        done.remove(at);
        other.add(s);
        done.add(other);
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether one pass saves reading an operand of full size; a shared scalar saves nothing.
   */
  private boolean sharesMemory(Together first, Together later) {
    return first.shared(later).stream()
        .map(slots::get)
        .anyMatch(s -> s.perModel() * s.models() >= later.elements());
  }

  private List<PlanStep> finished() {
    List<Set<Integer>> reads = done.stream().map(Together::reads).toList();
    List<PlanStep> steps = new ArrayList<>();
    for (int i = 0; i < done.size(); i++) {
      Set<Integer> needed = new HashSet<>();
      for (int j = 0; j < reads.size(); j++) {
        if (j != i) {
          needed.addAll(reads.get(j));
        }
      }
      steps.add(done.get(i).step(o -> !slots.get(o.slot()).inArena() || needed.contains(o.slot())));
    }
    return Collections.unmodifiableList(steps);
  }
}
