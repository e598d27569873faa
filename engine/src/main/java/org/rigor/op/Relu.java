// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.Optional;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Range;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** max(x, 0); NaN stays NaN, the derivative at 0 is 0. */
public record Relu() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    Expr zero = Expr.constant(x.get(0).type(), 0);
    return Expr.select(Expr.lt(x.get(0), zero), zero, x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.select(F.gt(y.input(0), F.constant(y, 0)), t, F.constant(t, 0));
  }

  /** Returns a constant where the operand is negative, else the operand's function. */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    Value off = F.lt(in.get(0).upper(), F.constant(y, 0));
    return F.select(off, F.constant(fresh, 0), of.get(0));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  /**
   * Relaxes after Zhang et al. 2018 (CROWN): the chord above; below, the identity where u &gt;= -l,
   * else zero.
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return List.of(Outward.convexKink(y, in.get(0), 0));
  }

  @Override
  public boolean choosesSlope() {
    return true;
  }

  @Override
  public List<Lines> relax(Value y, List<Interval> in, Value slope) {
    return List.of(Outward.convexKink(y, in.get(0), 0, slope));
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }

  @Override
  public Optional<Range> derivatives() {
    return Optional.of(new Range(0, 1));
  }
}
