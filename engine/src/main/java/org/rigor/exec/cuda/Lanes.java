// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.rigor.exec.plan.Operand;
import org.rigor.exec.plan.Plan;
import org.rigor.exec.plan.PlanStep;
import org.rigor.exec.plan.Slot;

/**
 * Assignment of the steps of a plan to lanes that run concurrently. A step waits only for earlier
 * steps that touch memory it writes or write memory it touches: the gradient of a weight, say, does
 * not delay the cotangent of the layer below. Each lane is a stream; a recording turns dependencies
 * across lanes into edges of the graph.
 *
 * @param of lane of each step
 * @param waits for each step, the steps on other lanes it waits for
 */
record Lanes(List<Integer> of, List<List<Integer>> waits) {
  /** Byte range of one memory, all models together; arena slots lie in order of their offsets. */
  private record Range(Object memory, long from, long to, boolean writes) {
    boolean conflicts(Range o) {
      return (writes || o.writes) && memory.equals(o.memory) && from < o.to && o.from < to;
    }
  }

  /**
   * @param most maximum number of lanes; 1 keeps the order of the plan
   */
  static Lanes of(Plan plan, int most) {
    int n = plan.steps().size();
    List<List<Range>> ranges = plan.steps().stream().map(s -> ranges(s, plan.slots())).toList();
    BitSet[] before = new BitSet[n];
    Integer[] of = new Integer[n];
    List<List<Integer>> waits = new ArrayList<>();
    int[] last = new int[most];
    Arrays.fill(last, -1);
    for (int s = 0; s < n; s++) {
      List<Integer> direct = new ArrayList<>();
      before[s] = new BitSet(n);
      for (int e = s - 1; e >= 0; e--) {
        if (!before[s].get(e) && conflict(ranges.get(e), ranges.get(s))) {
          direct.add(e);
          before[s].set(e);
          before[s].or(before[e]);
        }
      }
      int lane = lane(last, before[s], s == 0 || !(plan.steps().get(s) instanceof PlanStep.Gemm));
      of[s] = lane;
      if (last[lane] >= 0) {
        before[s].set(last[lane]);
        before[s].or(before[last[lane]]);
      }
      last[lane] = s;
      waits.add(direct.stream().filter(e -> of[e] != lane).toList());
    }
    return new Lanes(List.of(of), List.copyOf(waits));
  }

  /**
   * Chooses a lane: the one whose last step this step waits for anyway (the latest if several),
   * else for a product an unused lane, else the lane idle longest. Forking for anything shorter
   * than a product costs more than it hides. Measured on an H100: an attack step of 13 short steps
   * took 7 % longer with a constant on another lane; training steps of 256 samples took 3 to 14 %
   * less time.
   */
  private static int lane(int[] last, BitSet before, boolean stays) {
    int best = -1;
    for (int l = 0; l < last.length; l++) {
      if (last[l] >= 0 && before.get(last[l]) && (best < 0 || last[l] > last[best])) {
        best = l;
      }
    }
    if (best >= 0) {
      return best;
    }
    best = 0;
    for (int l = 1; l < last.length; l++) {
      boolean open = last[l] >= 0 || !stays;
      best = open && last[l] < last[best] ? l : best;
    }
    return best;
  }

  private static boolean conflict(List<Range> a, List<Range> b) {
    for (Range x : a) {
      for (Range y : b) {
        if (x.conflicts(y)) {
          return true;
        }
      }
    }
    return false;
  }

  private static List<Range> ranges(PlanStep step, List<Slot> slots) {
    List<Range> all = new ArrayList<>();
    step.inputs().forEach(o -> all.add(range(o, slots, false)));
    step.outputs().forEach(o -> all.add(range(o, slots, true)));
    return all;
  }

  private static Range range(Operand o, List<Slot> slots, boolean writes) {
    Slot s = slots.get(o.slot());
    Object memory = s.inArena() ? Plan.slab(s) : (Object) s.id();
    return new Range(memory, s.arenaOffset(), s.arenaOffset() + s.perModel(), writes);
  }

  int count() {
    return 1 + of.stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  /** Returns whether a step on another lane waits for it. */
  boolean isAwaited(int step) {
    return waits.stream().anyMatch(w -> w.contains(step));
  }

  /** Returns the last step of a lane, or -1. */
  int last(int lane) {
    return of.lastIndexOf(lane);
  }

  /** Returns the first step of a lane, or -1. */
  int first(int lane) {
    return of.indexOf(lane);
  }
}
