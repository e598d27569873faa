// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** a * b. */
public record Mul() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.mul(x.get(0), x.get(1));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, y.input(1 - i));
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  /** x * 1 is x for every x, NaN and signed zeros included. */
  @Override
  public Value fold(Value y) {
    for (int i = 0; i < 2; i++) {
      if (y.input(i).op() instanceof Fill f
          && f.value() == 1
          && y.input(1 - i).type().equals(y.type())) {
        return y.input(1 - i);
      }
    }
    return y;
  }

  @Override
  public int roundings(Value y, int i) {
    return 1 + Outward.summed(y, i);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval a = in.get(0);
    Interval b = in.get(1);
    if (y.input(0) == y.input(1)) {
      Value zero = F.constant(y, 0);
      Value least = F.maximum(F.maximum(a.lower(), F.neg(a.upper())), zero);
      Value most = Outward.magnitude(a);
      Value lower = F.maximum(Outward.down(F.mul(least, least)), zero);
      return new Interval(lower, Outward.up(F.mul(most, most)));
    }
    return Outward.corners(F::mul, a, b);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(of.largest(1 - of.moving()));
  }

  @Override
  public boolean slopeReadsOperands() {
    return true;
  }
}
