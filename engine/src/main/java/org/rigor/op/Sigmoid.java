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
 * 1 / (1 + e^-x). Its derivative is computed as s(x) s(-x): y (1 - y) would lose all digits, and
 * vanish, where y rounds to 1.
 */
public record Sigmoid() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.sigmoid(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.mul(y, F.sigmoid(F.neg(y.input(0)))));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(y, in.get(0), UlpBounds.of("sigmoid", ExprType.F64), 0, 1);
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
    return of.times(0.25);
  }

  @Override
  public Optional<Range> derivatives() {
    return Optional.of(new Range(0, 0.25));
  }

  /**
   * With s the result, s + t s (1 - s) is (1 + v) / 2 and (1 - v) / 2 at its two extremes t = 2 v
   * and -2 v, where v tanh v = 1, v = 1.19967864025773383..., and lies between them elsewhere.
   */
  @Override
  public Optional<Range> gatedSlopes() {
    return Optional.of(new Range(-0.099839320128867, 1.099839320128867));
  }
}
