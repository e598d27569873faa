// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** x where x >= 0, else slope * x; NaN stays NaN, the derivative at 0 is the slope. */
public record LeakyRelu(double slope) implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    Expr a = x.get(0);
    Expr zero = Expr.literal(a.type(), 0);
    Expr scaled = Expr.mul(a, Expr.constant(a.type(), slope));
    return Expr.select(Expr.lt(a, zero), scaled, a);
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.select(F.gt(y.input(0), F.constant(y, 0)), t, F.mul(t, slope));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    if (slope < 0) {
      throw noBoundRule(y);
    }
    Interval sides = Outward.sides(y, in);
    return Outward.of(sides.lower(), sides.upper());
  }

  /** As for {@link Relu}, with the slope in place of zero. */
  @Override
  public Lines relax(Value y, Interval x) {
    if (!(slope >= 0 && slope <= 1)) {
      throw noBoundRule(y);
    }
    return Outward.convexKink(y, x, slope);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(Math.max(1, Math.abs(slope)));
  }
}
