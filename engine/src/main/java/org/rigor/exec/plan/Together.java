// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.View;
import org.rigor.tensor.Shape;

/** Steps that become one: any single step, or elementwise ones over one shape. */
final class Together {
  /** What one kernel may hold; more would only crowd its registers. */
  private static final int MOST_OPERANDS = 20;

  private static final int MOST_NODES = 160;

  private final List<PlanStep> parts = new ArrayList<>();
  private final Set<Integer> reads = new HashSet<>();
  private final Set<Integer> writes = new HashSet<>();
  private final Shape shape;
  private long nodes;

  Together(PlanStep step) {
    this.shape = step instanceof PlanStep.Map ? squeezed(step.output().view().shape()) : null;
    take(step);
  }

  private void take(PlanStep step) {
    parts.add(step);
    step.inputs().forEach(o -> reads.add(o.slot()));
    writes.add(step.output().slot());
    nodes += step instanceof PlanStep.Map m ? m.body().nodeCount() : 0;
  }

  boolean isMap() {
    return shape != null;
  }

  long elements() {
    return shape.size();
  }

  Set<Integer> reads() {
    return reads;
  }

  /** Whether the order of the two matters. */
  boolean conflicts(Together o) {
    return meet(writes, o.reads) || meet(writes, o.writes) || meet(reads, o.writes);
  }

  private static boolean meet(Set<Integer> a, Set<Integer> b) {
    return a.stream().anyMatch(b::contains);
  }

  /** What a later step reads too. */
  Set<Integer> shared(Together later) {
    Set<Integer> common = new HashSet<>(reads);
    common.addAll(writes);
    common.retainAll(later.reads);
    return common;
  }

  /**
   * Whether a later elementwise step may run in the same pass: what either writes, the other must
   * touch at the same element only.
   */
  boolean admits(Together later) {
    if (!isMap() || !shape.equals(later.shape) || nodes + later.nodes > MOST_NODES) {
      return false;
    }
    Set<Integer> all = new HashSet<>(reads);
    all.addAll(writes);
    all.addAll(later.reads);
    all.addAll(later.writes);
    if (all.size() > MOST_OPERANDS || meet(writes, later.writes)) {
      return false;
    }
    return aligned(this, later) && aligned(later, this);
  }

  private static boolean aligned(Together writer, Together reader) {
    for (PlanStep w : writer.parts) {
      for (PlanStep r : reader.parts) {
        for (Operand o : r.inputs()) {
          if (o.slot() == w.output().slot() && !place(o).equals(place(w.output()))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  void add(Together later) {
    later.parts.forEach(this::take);
  }

  /**
   * @param needed which outputs must be written
   */
  PlanStep step(Predicate<Operand> needed) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    List<PlanStep.Map> maps = parts.stream().map(PlanStep.Map.class::cast).toList();
    Map<Place, Integer> numbers = new LinkedHashMap<>();
    Map<Place, Expr> known = new HashMap<>();
    List<Operand> inputs = new ArrayList<>();
    Map<Operand, Expr> results = new LinkedHashMap<>();
    for (PlanStep.Map m : maps) {
      Expr[] values = new Expr[m.inputs().size()];
      Arrays.fill(values, Expr.arg(0, ExprType.F32));
      for (Expr arg : m.body().args()) {
        Operand o = m.inputs().get(arg.index());
        Expr made = known.get(place(o));
        if (made == null) {
          Integer number = numbers.putIfAbsent(place(o), inputs.size());
          if (number == null) {
            number = inputs.size();
            inputs.add(squeezed(o));
          }
          made = Expr.arg(number, arg.type());
        }
        values[arg.index()] = made;
      }
      Expr body = m.body().substitute(List.of(values));
      known.put(place(m.output()), body);
      if (needed.test(m.output())) {
        results.put(squeezed(m.output()), body);
      }
    }
    List<long[]> strides = new ArrayList<>();
    inputs.forEach(o -> strides.add(o.view().strides()));
    results.keySet().forEach(o -> strides.add(o.view().strides()));
    return new PlanStep.Maps(
        shape.models(),
        maps,
        List.copyOf(results.values()),
        List.copyOf(inputs),
        List.copyOf(results.keySet()),
        Nest.of(shape, strides, 1, shape.rank()));
  }

  /** Where the elements of an operand lie, extents of 1 left out. */
  private record Place(int slot, long offset, List<Long> strides) {}

  private static Place place(Operand o) {
    View v = squeezed(o).view();
    List<Long> strides = new ArrayList<>();
    for (int axis = 0; axis < v.shape().rank(); axis++) {
      strides.add(v.shape().dim(axis) == 1 ? 0 : v.strides()[axis]);
    }
    return new Place(o.slot(), v.offset(), strides);
  }

  private static Shape squeezed(Shape s) {
    List<Integer> dims = new ArrayList<>(List.of(s.models()));
    for (int axis = 1; axis < s.rank(); axis++) {
      if (s.dim(axis) > 1) {
        dims.add(s.dim(axis));
      }
    }
    return Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Operand squeezed(Operand o) {
    View v = o.view();
    Shape shape = squeezed(v.shape());
    long[] strides = new long[shape.rank()];
    strides[0] = v.strides().length == 0 ? 0 : v.strides()[0];
    int to = 1;
    for (int axis = 1; axis < v.shape().rank(); axis++) {
      if (v.shape().dim(axis) > 1) {
        strides[to++] = v.strides()[axis];
      }
    }
    return new Operand(o.slot(), new View(shape, strides, v.offset()));
  }
}
