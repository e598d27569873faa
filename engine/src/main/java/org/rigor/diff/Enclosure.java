// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.ir.Interval;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.MeasuredRounding;
import org.rigor.tensor.DType;

/**
 * Interval arithmetic over a traced function: rigorous sides of its real-arithmetic value. A-priori
 * terms include all rounding in F64, so the sides hold on every device. Inputs without an interval,
 * such as stored parameters, are exact. If the bounded input is a point, the sides enclose the
 * error of one evaluation.
 */
public final class Enclosure {
  private Enclosure() {}

  /**
   * Returns the kind of sides that rest on enclosures of these values: CERTIFIED if every rounding
   * bound behind them is proved, BOUND if any was measured, as that of tanh in double.
   */
  public static Kind kind(List<Value> ys) {
    boolean measured =
        Program.topological(ys).stream().anyMatch(v -> v.op() instanceof MeasuredRounding);
    return measured ? Kind.BOUND : Kind.CERTIFIED;
  }

  /**
   * Returns the interval of {@code y} while {@code x} lies in {@code box}, which may be a point.
   *
   * @throws UnsupportedOperationException if an operation has no bound rule
   * @throws IllegalArgumentException if the function is not traced in F64
   */
  public static Interval of(Value y, Value x, Interval box) {
    return all(List.of(y), Map.of(x, box)).get(y);
  }

  /**
   * Returns the intervals of {@code ys} and of what they depend on, given those of some values;
   * what only the given ones depend on is left out.
   */
  public static Map<Value, Interval> all(List<Value> ys, Map<Value, Interval> given) {
    Map<Value, Interval> known = new IdentityHashMap<>(given);
    Set<Value> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Value> open = new ArrayDeque<>(ys);
    while (!open.isEmpty()) {
      Value v = open.pop();
      if (!given.containsKey(v) && needed.add(v)) {
        open.addAll(v.inputs());
      }
    }
    for (Value v : Program.topological(ys)) {
      if (needed.contains(v)) {
        known.put(v, rule(v, v.inputs().stream().map(known::get).toList()));
      }
    }
    return known;
  }

  /** Returns the interval of one value from those of its operands. */
  public static Interval rule(Value v, List<Interval> in) {
    if (v.isInput()) {
      return Interval.point(v);
    }
    boolean exact = in.stream().allMatch(Interval::isPoint);
    if (!v.dtype().isFloating() && exact) {
      return Interval.point(v.withInputs(in.stream().map(Interval::lower).toList()));
    }
    Interval bound = v.op().bound(v, in);
    if (!v.dtype().isFloating() && !bound.isPoint()) {
      throw v.op().noBoundRule(v);
    }
    if (!bound.isPoint() && v.dtype() != DType.F64) {
      throw new IllegalArgumentException(
          "bounds need a function traced in F64, got " + v + ", traced at " + v.origin());
    }
    return bound;
  }
}
