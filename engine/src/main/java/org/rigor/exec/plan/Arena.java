// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Places arena slots by live interval: largest first, each at the lowest offset that is free
 * throughout its interval.
 */
record Arena(List<Slot> slots, Map<Plan.SlabKey, Long> slabs) {
  /** Offsets are multiples of this many elements, for aligned vector loads. */
  private static final long ALIGN = 16;

  private record Interval(int slot, int from, int to) {
    boolean meets(Interval o) {
      return from <= o.to && o.from <= to;
    }
  }

  static Arena place(List<Slot> slots, List<PlanStep> constants, List<PlanStep> steps) {
    Map<Integer, Interval> live = new HashMap<>();
    for (PlanStep c : constants) {
      int slot = c.output().slot();
      live.put(slot, new Interval(slot, 0, Integer.MAX_VALUE));
    }
    for (int s = 0; s < steps.size(); s++) {
      for (Operand o : steps.get(s).outputs()) {
        touch(live, o.slot(), s);
      }
      int last = isReducedNext(steps, s) ? s + 1 : s;
      for (Operand o : steps.get(s).inputs()) {
        touch(live, o.slot(), last);
      }
    }
    List<Slot> placed = new ArrayList<>(slots);
    Map<Plan.SlabKey, Long> sizes = new HashMap<>();
    Map<Plan.SlabKey, List<Slot>> done = new HashMap<>();
    List<Slot> order =
        slots.stream()
            .filter(s -> s.inArena() && live.containsKey(s.id()))
            .sorted(Comparator.comparingLong(Slot::perModel).reversed().thenComparing(Slot::id))
            .toList();
    for (Slot s : order) {
      Plan.SlabKey key = Plan.SlabKey.of(s);
      List<Slot> others = done.computeIfAbsent(key, k -> new ArrayList<>());
      Slot at = s.at(lowest(s, others, live));
      others.add(at);
      placed.set(s.id(), at);
      sizes.merge(key, aligned(at.arenaOffset() + at.perModel()), Math::max);
    }
    return new Arena(List.copyOf(placed), Map.copyOf(sizes));
  }

  /**
   * Returns whether a step is a product that a device may reduce row by row, with the next step.
   */
  private static boolean isReducedNext(List<PlanStep> steps, int s) {
    return steps.get(s) instanceof PlanStep.Gemm g
        && s + 1 < steps.size()
        && steps.get(s + 1) instanceof PlanStep.Reduce r
        && r.inputs().stream().anyMatch(o -> o.slot() == g.output().slot());
  }

  /** Returns whether two slots share memory. */
  static boolean overlap(Slot a, Slot b) {
    return a.inArena()
        && b.inArena()
        && Plan.SlabKey.of(a).equals(Plan.SlabKey.of(b))
        && a.arenaOffset() < b.arenaOffset() + b.perModel()
        && b.arenaOffset() < a.arenaOffset() + a.perModel();
  }

  private static void touch(Map<Integer, Interval> live, int slot, int step) {
    live.merge(
        slot,
        new Interval(slot, step, step),
        (a, b) -> new Interval(slot, a.from, Math.max(a.to, step)));
  }

  private static long lowest(Slot s, List<Slot> others, Map<Integer, Interval> live) {
    List<Slot> conflicts =
        others.stream()
            .filter(o -> live.get(o.id()).meets(live.get(s.id())))
            .sorted(Comparator.comparingLong(Slot::arenaOffset))
            .toList();
    long at = 0;
    for (Slot o : conflicts) {
      if (at + s.perModel() <= o.arenaOffset()) {
        break;
      }
      at = Math.max(at, aligned(o.arenaOffset() + o.perModel()));
    }
    return at;
  }

  private static long aligned(long n) {
    return (n + ALIGN - 1) / ALIGN * ALIGN;
  }
}
