// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.op.Add;
import org.rigor.op.Div;
import org.rigor.op.Maximum;
import org.rigor.op.Minimum;
import org.rigor.op.Mul;
import org.rigor.op.Neg;
import org.rigor.op.Sub;

/**
 * Rule for a unit that gates itself, t (a + b g(c t)) elementwise, with fixed a, b and c: SiLU (g a
 * sigmoid), GELU (g the error function), hard swish (g a clipped line). A rule of single operations
 * fails, for the product of two moving operands has no slope on all inputs.
 *
 * <p>With u = c t the derivative is a + b (g(u) + u g'(u)). {@link org.rigor.ir.Op#gatedSlopes}
 * states the range of the bracket over all u, so c does not matter.
 *
 * @param unit t
 * @param factors values from the product's plain operand to {@code unit}, which is left out, each a
 *     fixed multiple of the next
 * @param shifts values from the product's other operand to {@code gate}, which is left out, each a
 *     fixed affine function of the next
 * @param gate g(c t), or a line clipped from both sides
 * @param line values from the gate's argument to {@code unit}, which is left out: multiples, and
 *     shifts if the gate is a clipped line
 */
record GateRule(
    Value unit,
    List<Value> factors,
    List<Value> shifts,
    Value gate,
    List<Value> line,
    Set<Value> moving) {

  /** Returns the gated unit that ends in {@code v}, or null if there is none of this form. */
  static GateRule of(Value v, Set<Value> moving) {
    if (!(v.op() instanceof Mul) || !v.inputs().stream().allMatch(moving::contains)) {
      return null;
    }
    GateRule first = of(v.input(0), v.input(1), moving);
    return first != null ? first : of(v.input(1), v.input(0), moving);
  }

  private static GateRule of(Value plain, Value gated, Set<Value> moving) {
    List<Value> shifts = chain(gated, moving, true);
    Value gate = shifts.get(shifts.size() - 1);
    boolean clips = clips(gate, moving);
    if (gate.isInput() || !clips && gate.op().gatedSlopes().isEmpty()) {
      return null;
    }
    Value argument = next(clips ? next(gate, moving) : gate, moving);
    List<Value> line = chain(argument, moving, clips);
    List<Value> factors = chain(plain, moving, false);
    for (int i = 0; i < factors.size(); i++) {
      int met = line.indexOf(factors.get(i));
      if (met >= 0) {
        return new GateRule(
            factors.get(i),
            factors.subList(0, i),
            shifts.subList(0, shifts.size() - 1),
            gate,
            line.subList(0, met),
            moving);
      }
    }
    return null;
  }

  /** Returns whether a value is another one clipped from below and from above. */
  private static boolean clips(Value v, Set<Value> moving) {
    if (!isLimit(v, moving)) {
      return false;
    }
    Value inner = next(v, moving);
    return isLimit(inner, moving) && !inner.op().equals(v.op());
  }

  private static boolean isLimit(Value v, Set<Value> moving) {
    return (v.op() instanceof Maximum || v.op() instanceof Minimum) && next(v, moving) != null;
  }

  /**
   * Returns values from {@code v} on, each a multiple of the next or, with {@code affine}, an
   * affine function of it; the last may be any.
   */
  private static List<Value> chain(Value v, Set<Value> moving, boolean affine) {
    List<Value> out = new ArrayList<>();
    Value last = v;
    while (last != null) {
      out.add(last);
      last = isStep(last, moving, affine) ? next(last, moving) : null;
    }
    return out;
  }

  private static boolean isStep(Value v, Set<Value> moving, boolean affine) {
    boolean multiple =
        v.op() instanceof Mul
            || v.op() instanceof Neg
            || v.op() instanceof Div && moving.contains(v.input(0));
    return multiple || affine && (v.op() instanceof Add || v.op() instanceof Sub);
  }

  /** Returns the one moving operand if it is not repeated, else null. */
  private static Value next(Value v, Set<Value> moving) {
    List<Value> from = v.inputs().stream().filter(moving::contains).toList();
    boolean one = from.size() == 1 && elements(from.get(0)) == elements(v);
    return one ? from.get(0) : null;
  }

  private static long elements(Value v) {
    return v.shape().size() / v.shape().models();
  }

  /** Returns the values that {@link #factor} reads: those that do not depend on the input. */
  List<Value> fixed() {
    List<Value> all = new ArrayList<>(factors);
    all.addAll(shifts);
    all.addAll(line);
    if (clips(gate, moving)) {
      all.addAll(List.of(gate, next(gate, moving)));
    }
    return all.stream().flatMap(v -> v.inputs().stream()).filter(x -> !moving.contains(x)).toList();
  }

  /** Returns an upper bound of the largest slope of one model's unit. */
  double factor(SideValues sides, int model) {
    Range plain = along(factors, Range.of(1), sides, model);
    Range gated = along(shifts, gated(sides, model), sides, model);
    return plain.times(gated).magnitude();
  }

  private Range gated(SideValues sides, int model) {
    if (!clips(gate, moving)) {
      return gate.op().gatedSlopes().orElseThrow();
    }
    // Where the line b + a t is not clipped, t times it has the slope b + 2 a t = 2 (b + a t) - b.
    Value inner = next(gate, moving);
    Range limits = fixed(gate, sides, model).hull(fixed(inner, sides, model));
    Range offset = along(line, Range.of(0), sides, model);
    return limits.hull(limits.times(Range.of(2)).plus(offset.negative()));
  }

  /** Applies steps to a range, the last first. */
  private Range along(List<Value> steps, Range from, SideValues sides, int model) {
    Range r = from;
    for (int i = steps.size() - 1; i >= 0; i--) {
      r = step(steps.get(i), r, sides, model);
    }
    return r;
  }

  private Range step(Value v, Range r, SideValues sides, int model) {
    if (v.op() instanceof Neg) {
      return r.negative();
    }
    Range fixed = fixed(v, sides, model);
    if (v.op() instanceof Mul) {
      return r.times(fixed);
    } else if (v.op() instanceof Div) {
      return r.dividedBy(fixed);
    } else if (v.op() instanceof Add) {
      return r.plus(fixed);
    } else if (v.op() instanceof Sub) {
      boolean first = moving.contains(v.input(0));
      return first ? r.plus(fixed.negative()) : fixed.plus(r.negative());
    }
    throw new IllegalStateException("no step of a gated unit: " + v);
  }

  private Range fixed(Value v, SideValues sides, int model) {
    return sides.of(v.input(moving.contains(v.input(0)) ? 1 : 0)).range(model);
  }
}
