// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.rigor.ir.Range;
import org.rigor.ir.Value;
import org.rigor.op.Maximum;
import org.rigor.op.Minimum;
import org.rigor.op.Mul;
import org.rigor.op.Tanh;

/**
 * Rule for a unit that gates itself, t (a + b g(c t)) elementwise, with fixed a, b and c: SiLU (g a
 * sigmoid), GELU (g the error function, or tanh of a cubic), hard swish (g a clipped line). A rule
 * of single operations fails, for the product of two moving operands has no slope on all inputs.
 *
 * <p>With u = c t the derivative is a + b h, h = g(u) + u g'(u). {@link
 * org.rigor.ir.Op#gatedSlopes} states the range of h over all u, so c does not matter.
 *
 * @param unit t
 * @param plain the operand of the product that is a fixed multiple of {@code unit}
 * @param gated the other operand, a fixed affine function of {@code gate}
 * @param gate g(c t), or a line clipped from both sides
 * @param argument of g, or the line
 */
record GateRule(Value unit, Value plain, Value gated, Value gate, Value argument, Set<Value> moving)
    implements UnitRule {
  /**
   * GELU with tanh p, p = k (t + c t^3), k = sqrt(2 / pi), c = 0.044715 (Hendrycks and Gimpel
   * 2016). With s = k t, p = s + q s^3 for q = c / k^2, so only q matters: files round it.
   */
  private static final double GELU_CUBIC = 0.0702381577526338;

  private static final Range GELU_CUBICS =
      new Range(GELU_CUBIC * (1 - 1e-6), GELU_CUBIC * (1 + 1e-6));

  /**
   * Range of h = tanh p + r p (1 - tanh(p)^2), r = s p' / p in [1, 3], for these q. It is odd in s
   * and 1.25798613731754... at its largest for q as published. By ln q, p changes by at most p and
   * r by at most 1/2; |p| (1 - tanh(p)^2) is at most 0.448 and p^2 |tanh p| (1 - tanh(p)^2) at most
   * 0.376. So h changes by at most (1 + 1/2 + 3) 0.448 + 6 x 0.376 &lt; 4.5 times 1e-6.
   */
  private static final Range GELU_SLOPES = new Range(-1.258, 1.258);

  /** Returns the gated unit that ends in {@code v}, or null if there is none of this form. */
  static GateRule of(Value v, Set<Value> moving) {
    if (!(v.op() instanceof Mul) || !v.inputs().stream().allMatch(moving::contains)) {
      return null;
    }
    GateRule first = of(v.input(0), v.input(1), moving);
    return first != null ? first : of(v.input(1), v.input(0), moving);
  }

  private static GateRule of(Value plain, Value gated, Set<Value> moving) {
    List<Value> steps = Polynomial.steps(gated, moving);
    Value gate = steps.get(steps.size() - 1);
    if (gate.isInput() || !clips(gate, moving) && gate.op().gatedSlopes().isEmpty()) {
      return null;
    }
    Value argument =
        Polynomial.next(clips(gate, moving) ? Polynomial.next(gate, moving) : gate, moving);
    for (Value unit : Polynomial.steps(plain, moving)) {
      GateRule rule = new GateRule(unit, plain, gated, gate, argument, moving);
      if (rule.holds()) {
        return rule;
      }
    }
    return null;
  }

  /** Returns whether the operands depend on the unit as the rule demands. */
  private boolean holds() {
    Function<Value, Range> any = v -> Range.of(1);
    Range[] multiple = Polynomial.of(plain, unit, moving, any);
    Range[] shifted = Polynomial.of(gated, gate, moving, any);
    Range[] p = Polynomial.of(argument, unit, moving, any);
    if (multiple == null || shifted == null || p == null || p[1] == null) {
      return false;
    }
    boolean scales = has(multiple, false, true, false);
    boolean shifts = shifted[1] != null && shifted[2] == null && shifted[3] == null;
    boolean line = p[2] == null && p[3] == null && (p[0] == null || clips(gate, moving));
    return scales && shifts && (line || isCubic(p));
  }

  private boolean isCubic(Range[] p) {
    return gate.op() instanceof Tanh && has(p, false, true, true);
  }

  /** Returns whether there are such terms of degree 0, 1 and 3, and none of degree 2. */
  private static boolean has(Range[] p, boolean constant, boolean linear, boolean cubic) {
    return p[0] != null == constant
        && p[1] != null == linear
        && p[2] == null
        && p[3] != null == cubic;
  }

  /** Returns whether a value is another one clipped from below and from above. */
  private static boolean clips(Value v, Set<Value> moving) {
    if (!isLimit(v, moving)) {
      return false;
    }
    Value inner = Polynomial.next(v, moving);
    return isLimit(inner, moving) && !inner.op().equals(v.op());
  }

  private static boolean isLimit(Value v, Set<Value> moving) {
    return (v.op() instanceof Maximum || v.op() instanceof Minimum)
        && Polynomial.next(v, moving) != null;
  }

  @Override
  public double factor(Function<Value, Range> fixed) {
    Range multiple = Polynomial.of(plain, unit, moving, fixed)[1];
    Range[] shifted = Polynomial.of(gated, gate, moving, fixed);
    Range slopes = shifted[1].times(gateSlopes(fixed));
    slopes = shifted[0] == null ? slopes : slopes.plus(shifted[0]);
    return multiple.times(slopes).magnitude();
  }

  private Range gateSlopes(Function<Value, Range> fixed) {
    Range[] p = Polynomial.of(argument, unit, moving, fixed);
    if (clips(gate, moving)) {
      // Where the line b + a t is not clipped, t times it has the slope b + 2 a t = 2 (b + a t) -
      // b.
      Range limits = limit(gate, fixed).hull(limit(Polynomial.next(gate, moving), fixed));
      Range twice = limits.times(Range.of(2));
      return limits.hull(p[0] == null ? twice : twice.plus(p[0].negative()));
    } else if (isCubic(p)) {
      Range q = p[3].dividedBy(p[1].times(p[1]).times(p[1]));
      return GELU_CUBICS.holds(q) ? GELU_SLOPES : Range.ALL;
    }
    return gate.op().gatedSlopes().orElseThrow();
  }

  private Range limit(Value v, Function<Value, Range> fixed) {
    return fixed.apply(v.input(moving.contains(v.input(0)) ? 1 : 0));
  }
}
