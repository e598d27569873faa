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

/**
 * Steps that become one: any single step, elementwise ones over one shape, or elementwise ones and
 * short reductions over the same rows.
 */
final class Together {
  /** Limits of one kernel; more would crowd its registers. */
  private static final int MOST_OPERANDS = 20;

  private static final int MOST_NODES = 160;

  /** Values of a row that one thread holds. */
  private static final int MOST_VALUES = 16;

  /** Elements beyond which rows, which a warp reads across, cost more than launches. */
  private static final long MOST_IN_ROWS = 1 << 21;

  private final List<PlanStep> parts = new ArrayList<>();
  private final Set<Integer> reads = new HashSet<>();
  private final Set<Integer> writes = new HashSet<>();
  private Shape shape;
  private Shape rows;
  private long nodes;

  Together(PlanStep step) {
    if (step instanceof PlanStep.Map) {
      shape = squeezed(step.output().view().shape());
    } else if (step instanceof PlanStep.Reduce r && reducesShortRows(r)) {
      shape = squeezed(r.inputs().get(0).view().shape());
      rows = squeezed(r.output().view().shape());
    }
    take(step);
  }

  /** Returns whether it reduces only the last axis, of at most {@link #MOST_VALUES} values. */
  private static boolean reducesShortRows(PlanStep.Reduce r) {
    if (r.inputs().isEmpty() || r.reducesModels() > 1) {
      return false;
    }
    Shape from = r.inputs().get(0).view().shape();
    Shape to = r.output().view().shape();
    int last = from.rank() - 1;
    while (last > 0 && from.dim(last) == 1) {
      last--;
    }
    boolean others = true;
    for (int axis = 0; axis < last; axis++) {
      others &= from.dim(axis) == to.dim(axis);
    }
    return last > 0 && others && to.dim(last) == 1 && from.dim(last) <= MOST_VALUES;
  }

  private void take(PlanStep step) {
    parts.add(step);
    step.inputs().forEach(o -> reads.add(o.slot()));
    writes.add(step.output().slot());
    nodes += shape == null ? 0 : body(step).nodeCount();
  }

  private static Expr body(PlanStep step) {
    return step instanceof PlanStep.Map m ? m.body() : ((PlanStep.Reduce) step).body();
  }

  /** Returns whether it may share a pass. */
  boolean isJoinable() {
    return shape != null;
  }

  long elements() {
    return shape.size();
  }

  Set<Integer> reads() {
    return reads;
  }

  /** Returns whether the order of the two matters. */
  boolean conflicts(Together o) {
    return meet(writes, o.reads) || meet(writes, o.writes) || meet(reads, o.writes);
  }

  private static boolean meet(Set<Integer> a, Set<Integer> b) {
    return a.stream().anyMatch(b::contains);
  }

  /** Returns the slots of these steps that a later step reads. */
  Set<Integer> shared(Together later) {
    Set<Integer> common = new HashSet<>(reads);
    common.addAll(writes);
    common.retainAll(later.reads);
    return common;
  }

  /**
   * Returns whether a later step may run in the same pass: what either writes, the other must touch
   * at the same element only.
   */
  boolean admits(Together later) {
    if (!isJoinable() || nodes + later.nodes > MOST_NODES || !sameSpace(later)) {
      return false;
    }
    Set<Integer> all = new HashSet<>(reads);
    all.addAll(writes);
    all.addAll(later.reads);
    all.addAll(later.writes);
    if (all.size() > MOST_OPERANDS || meet(writes, later.writes)) {
      return false;
    }
    Shape narrow = rows != null ? rows : later.rows;
    return aligned(this, later, narrow) && aligned(later, this, narrow);
  }

  private boolean sameSpace(Together later) {
    if (rows == null && later.rows == null) {
      return shape.equals(later.shape);
    }
    Shape wide = rows != null ? shape : later.shape;
    Shape narrow = rows != null ? rows : later.rows;
    return wide.size() <= MOST_IN_ROWS && fits(wide, narrow) && later.fits(wide, narrow);
  }

  private boolean fits(Shape wide, Shape narrow) {
    return rows != null
        ? shape.equals(wide) && rows.equals(narrow)
        : shape.equals(wide) || shape.equals(narrow);
  }

  private static boolean aligned(Together writer, Together reader, Shape narrow) {
    for (PlanStep w : writer.parts) {
      for (PlanStep r : reader.parts) {
        for (Operand o : r.inputs()) {
          if (o.slot() == w.output().slot()
              && !place(o, narrow).equals(place(w.output(), narrow))) {
            return false;
          }
        }
      }
    }
    return true;
  }

  void add(Together later) {
    if (later.rows != null) {
      rows = later.rows;
      shape = later.shape;
    }
    later.parts.forEach(this::take);
  }

  /**
   * @param needed which outputs must be written
   */
  PlanStep step(Predicate<Operand> needed) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    return rows == null ? maps(needed) : rows(needed);
  }

  private PlanStep maps(Predicate<Operand> needed) {
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
        Expr made = known.get(place(o, null));
        if (made == null) {
          Integer number = numbers.putIfAbsent(place(o, null), inputs.size());
          if (number == null) {
            number = inputs.size();
            inputs.add(squeezed(o));
          }
          made = Expr.arg(number, arg.type());
        }
        values[arg.index()] = made;
      }
      Expr body = m.body().substitute(List.of(values));
      known.put(place(m.output(), null), body);
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

  private PlanStep rows(Predicate<Operand> needed) {
    Map<Place, Integer> numbers = new HashMap<>();
    List<Operand> inputs = new ArrayList<>();
    List<List<Integer>> sources = new ArrayList<>();
    List<Integer> kept = new ArrayList<>();
    for (PlanStep p : parts) {
      List<Integer> from = new ArrayList<>();
      for (Operand o : p.inputs()) {
        Integer number = numbers.get(place(o, rows));
        if (number == null) {
          number = inputs.size();
          inputs.add(o);
          numbers.put(place(o, rows), number);
        }
        from.add(number);
      }
      numbers.put(place(p.output(), rows), -1 - sources.size());
      if (needed.test(p.output())) {
        kept.add(sources.size());
      }
      sources.add(from);
    }
    List<long[]> columns = new ArrayList<>();
    List<Long> across = new ArrayList<>();
    List<Operand> operands = new ArrayList<>(inputs);
    kept.forEach(k -> operands.add(parts.get(k).output()));
    for (Operand o : operands) {
      List<Long> strides = place(o, rows).strides();
      across.add(strides.get(rows.rank()));
      columns.add(strides.stream().limit(rows.rank()).mapToLong(Long::longValue).toArray());
    }
    return new PlanStep.Rows(
        shape.models(),
        shape.dim(-1),
        List.copyOf(parts),
        sources,
        inputs,
        kept,
        Nest.of(rows, columns, 1, rows.rank()),
        across);
  }

  /** The memory layout of an operand's elements, extents of 1 left out. */
  private record Place(int slot, long offset, List<Long> strides) {}

  /**
   * @param narrow shape of the rows, where there are rows: then an operand of that shape has stride
   *     0 along the values
   */
  private static Place place(Operand o, Shape narrow) {
    View v = squeezed(o).view();
    List<Long> strides = new ArrayList<>();
    for (int axis = 0; axis < v.shape().rank(); axis++) {
      strides.add(v.shape().dim(axis) == 1 ? 0 : v.strides()[axis]);
    }
    if (v.shape().equals(narrow)) {
      strides.add(0L);
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
