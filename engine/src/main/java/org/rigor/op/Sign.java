// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;

/** -1, 0 or 1 by the sign of x; both zeros and NaN stay as they are. Its derivative is 0. */
public record Sign() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    Expr a = x.get(0);
    Expr zero = Expr.literal(a.type(), 0);
    Expr minus = Expr.select(Expr.lt(a, zero), Expr.literal(a.type(), -1), a);
    return Expr.select(Expr.gt(a, zero), Expr.literal(a.type(), 1), minus);
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return null;
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }
}
