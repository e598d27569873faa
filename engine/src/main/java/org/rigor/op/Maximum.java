// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/**
 * The larger of two elements; NaN if either is NaN, the second of two zeros. Where both are equal
 * each gets half of the derivative.
 */
public record Maximum() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.max(x.get(0), x.get(1));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value mine = y.input(i);
    Value other = y.input(1 - i);
    Value tied = F.select(F.eq(mine, other), F.mul(t, 0.5), F.constant(t, 0));
    return F.select(F.gt(mine, other), t, tied);
  }

  /** Returns the larger operand's function, or the common one where both operands have the same. */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    Interval a = in.get(0);
    Interval b = in.get(1);
    Value first = of.get(0) == null ? F.constant(fresh, 0) : of.get(0);
    Value second = of.get(1) == null ? F.constant(fresh, 0) : of.get(1);
    Value same = F.select(F.eq(first, second), first, fresh);
    return F.select(
        F.gt(a.lower(), b.upper()), first, F.select(F.lt(a.upper(), b.lower()), second, same));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.beside();
  }

  /** Relaxes as b + relu(a - b), with lines of the ReLU over the difference. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Outward.larger(y, in.get(0), in.get(1));
  }
}
