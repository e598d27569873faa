// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.op.Add;
import org.rigor.op.Div;
import org.rigor.op.Mul;
import org.rigor.op.Neg;
import org.rigor.op.Sub;

/**
 * A value as a polynomial of another, elementwise, of degree at most 3. Its coefficients do not
 * depend on the network's input.
 */
final class Polynomial {
  private static final int TERMS = 4;

  /** Operations from the value to the variable; a longer way is not followed. */
  private static final int MOST_STEPS = 16;

  private final Value variable;
  private final Set<Value> moving;
  private final Function<Value, Range> fixed;

  private Polynomial(Value variable, Set<Value> moving, Function<Value, Range> fixed) {
    this.variable = variable;
    this.moving = moving;
    this.fixed = fixed;
  }

  /**
   * Returns the four coefficients, that of the constant first, null where there is no such term;
   * null if {@code v} is no such polynomial.
   *
   * @param fixed gives what values that do not depend on the input may be
   */
  static Range[] of(Value v, Value variable, Set<Value> moving, Function<Value, Range> fixed) {
    return new Polynomial(variable, moving, fixed).of(v, MOST_STEPS);
  }

  /** Returns {@code v} and the values it is an affine function of, step by step. */
  static List<Value> steps(Value v, Set<Value> moving) {
    List<Value> out = new ArrayList<>();
    Value last = v;
    while (last != null) {
      out.add(last);
      boolean affine =
          last.op() instanceof Add
              || last.op() instanceof Sub
              || last.op() instanceof Mul
              || last.op() instanceof Div
              || last.op() instanceof Neg;
      last = affine ? next(last, moving) : null;
    }
    return out;
  }

  /** Returns the one moving operand if it is not repeated, else null. */
  static Value next(Value v, Set<Value> moving) {
    List<Value> from = v.inputs().stream().filter(moving::contains).toList();
    boolean one = from.size() == 1 && elements(from.get(0)) == elements(v);
    return one ? from.get(0) : null;
  }

  private static long elements(Value v) {
    return v.shape().size() / v.shape().models();
  }

  private Range[] of(Value v, int steps) {
    Range[] out = new Range[TERMS];
    if (v == variable) {
      out[1] = Range.of(1);
      return out;
    } else if (!moving.contains(v)) {
      out[0] = fixed.apply(v);
      return out;
    } else if (steps == 0 || v.isInput() || v.inputs().stream().anyMatch(x -> repeats(v, x))) {
      return null;
    } else if (v.op() instanceof Neg) {
      Range[] x = of(v.input(0), steps - 1);
      return x == null ? null : negative(x);
    }
    boolean known =
        v.op() instanceof Add
            || v.op() instanceof Sub
            || v.op() instanceof Mul
            || v.op() instanceof Div && !moving.contains(v.input(1));
    Range[] a = known ? of(v.input(0), steps - 1) : null;
    Range[] b = a == null ? null : of(v.input(1), steps - 1);
    if (b == null) {
      return null;
    } else if (v.op() instanceof Mul) {
      return product(a, b);
    } else if (v.op() instanceof Div) {
      return quotient(a, b[0]);
    }
    return sum(a, v.op() instanceof Sub ? negative(b) : b);
  }

  /** Returns whether a moving operand is repeated to the extents of the result. */
  private boolean repeats(Value v, Value x) {
    return moving.contains(x) && elements(x) != elements(v);
  }

  private static Range[] negative(Range[] a) {
    Range[] out = new Range[TERMS];
    for (int i = 0; i < TERMS; i++) {
      out[i] = a[i] == null ? null : a[i].negative();
    }
    return out;
  }

  private static Range[] sum(Range[] a, Range[] b) {
    Range[] out = new Range[TERMS];
    for (int i = 0; i < TERMS; i++) {
      out[i] = a[i] == null ? b[i] : b[i] == null ? a[i] : a[i].plus(b[i]);
    }
    return out;
  }

  private static Range[] quotient(Range[] a, Range divisor) {
    Range[] out = new Range[TERMS];
    for (int i = 0; i < TERMS; i++) {
      out[i] = a[i] == null ? null : a[i].dividedBy(divisor);
    }
    return out;
  }

  /** Multiplies; null if the degree exceeds 3. */
  private static Range[] product(Range[] a, Range[] b) {
    Range[] out = new Range[TERMS];
    for (int i = 0; i < TERMS; i++) {
      for (int j = 0; j < TERMS; j++) {
        if (a[i] != null && b[j] != null) {
          if (i + j >= TERMS) {
            return null;
          }
          Range term = a[i].times(b[j]);
          out[i + j] = out[i + j] == null ? term : out[i + j].plus(term);
        }
      }
    }
    return out;
  }
}
