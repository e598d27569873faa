// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;

/**
 * J-SquaredReLU (Peng et al. 2023, arXiv 2309.03004): ((x + 1)^2 - 1) / 2 = x + x^2 / 2 where x
 * &gt;= 0, else 0. The derivative, x + 1 for x &gt;= 0, jumps to 1 at 0; NaN stays NaN.
 */
public record JSquaredRelu() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    Expr a = x.get(0);
    Expr zero = Expr.constant(a.type(), 0);
    Expr half = Expr.mul(a, Expr.constant(a.type(), 0.5));
    return Expr.select(Expr.lt(a, zero), zero, Expr.fma(half, a, a));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value x = y.input(0);
    Value slope = F.add(x, 1);
    return F.select(F.lt(x, F.constant(x, 0)), F.constant(t, 0), F.mul(t, slope));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval sides = Outward.sides(y, in); // monotone and rounded once
    return Outward.of(sides.lower(), sides.upper());
  }

  /** Relaxes as convex with the derivative x + 1 above 0 and 0 below. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.convex(
        Bow.at(y),
        t -> {
          Value zero = F.constant(t, 0);
          Value next = F.add(t, 1);
          Value below = F.lt(t, zero);
          return new Interval(
              F.select(below, zero, Outward.down(next)), F.select(below, zero, Outward.up(next)));
        },
        in.get(0));
  }
}
