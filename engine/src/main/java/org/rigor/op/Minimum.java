// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;

/**
 * The smaller of two elements; NaN if either is NaN, the second of two zeros. Where both are equal
 * each gets half of the derivative.
 */
public record Minimum() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.min(x.get(0), x.get(1));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value mine = y.input(i);
    Value other = y.input(1 - i);
    Value tied = F.select(F.eq(mine, other), F.mul(t, 0.5), F.constant(t, 0));
    return F.select(F.lt(mine, other), t, tied);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }
}
