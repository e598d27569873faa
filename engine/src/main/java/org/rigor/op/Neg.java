// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** -x. */
public record Neg() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.neg(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.neg(t);
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public Value fold(Value y) {
    return y.input(0).op() instanceof Neg ? y.input(0).input(0) : y;
  }

  @Override
  public int roundings(Value y, int i) {
    return 0;
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval x = in.get(0);
    return x.isPoint()
        ? Interval.point(F.neg(x.lower()))
        : new Interval(F.neg(x.upper()), F.neg(x.lower()));
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }
}
