// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.Optional;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Range;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;
import org.rigor.ir.fn.UlpBounds;

/**
 * Hyperbolic tangent. Its derivative is computed as 4 s(2x) s(-2x) with the sigmoid s: 1 - y^2
 * would lose all digits, and vanish, where y rounds to 1.
 */
public record Tanh() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.tanh(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value twice = F.mul(y.input(0), 2);
    return F.mul(t, F.mul(F.mul(F.sigmoid(twice), F.sigmoid(F.neg(twice))), 4));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(y, in.get(0), UlpBounds.of("tanh", ExprType.F64), -1, 1);
  }

  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return SShape.around(y, t -> chain(y.withInputs(List.of(t)), 0, F.constant(t, 1)), in.get(0));
  }

  @Override
  public Value cut(Value y, Interval x) {
    return SShape.cut(x);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }

  @Override
  public Optional<Range> derivatives() {
    return Optional.of(new Range(0, 1));
  }

  /**
   * tanh t + t (1 - tanh(t)^2) is v at its largest, t = v, where v tanh v = 1, v =
   * 1.19967864025773383..., and odd.
   */
  @Override
  public Optional<Range> gatedSlopes() {
    return Optional.of(new Range(-1.199678640257734, 1.199678640257734));
  }
}
