// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Set;
import java.util.function.Function;
import org.rigor.ir.Op;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.op.Add;
import org.rigor.op.Expm1;
import org.rigor.op.Fill;
import org.rigor.op.Minimum;
import org.rigor.op.Relu;

/**
 * Rule for a relu(t) + b (e^(c min(t, 0)) - 1), as ELU, SELU and CELU are (Clevert et al. 2016).
 * One summand moves above 0 and the other below, so the slope is the larger of both, not their sum:
 * |a|, and |b| c for c of at least 0.
 *
 * @param above a multiple of {@code relu}
 * @param below a multiple of {@code curve}
 */
record EluRule(Value above, Value relu, Value below, Value curve, Value limited, Set<Value> moving)
    implements UnitRule {

  static EluRule of(Value v, Set<Value> moving) {
    if (!(v.op() instanceof Add) || !v.inputs().stream().allMatch(moving::contains)) {
      return null;
    }
    EluRule first = of(v.input(0), v.input(1), moving);
    return first != null ? first : of(v.input(1), v.input(0), moving);
  }

  private static EluRule of(Value above, Value below, Set<Value> moving) {
    Value relu = multipleOf(Relu.class, above, moving);
    Value curve = multipleOf(Expm1.class, below, moving);
    Value limited = curve == null ? null : multipleOf(Minimum.class, curve.input(0), moving);
    boolean halves =
        relu != null
            && limited != null
            && limited.input(0) == relu.input(0)
            && limited.input(1).op() instanceof Fill f
            && f.value() <= 0;
    return halves ? new EluRule(above, relu, below, curve, limited, moving) : null;
  }

  /** Returns the value of an operation that another is a fixed multiple of, or null. */
  private static Value multipleOf(Class<? extends Op> op, Value v, Set<Value> moving) {
    for (Value base : Polynomial.steps(v, moving)) {
      if (op.isInstance(base.op())) {
        Range[] p = Polynomial.of(v, base, moving, x -> Range.of(1));
        return p != null && p[0] == null && p[1] != null ? base : null;
      }
    }
    return null;
  }

  @Override
  public Value unit() {
    return relu.input(0);
  }

  @Override
  public double factor(Function<Value, Range> fixed) {
    Range a = Polynomial.of(above, relu, moving, fixed)[1];
    Range b = Polynomial.of(below, curve, moving, fixed)[1];
    Range c = Polynomial.of(curve.input(0), limited, moving, fixed)[1];
    Range steepest = c.least() < 0 ? Range.ALL : c; // e^(c t) has no bound where c is below 0
    return Math.max(a.magnitude(), b.times(steepest).magnitude());
  }
}
