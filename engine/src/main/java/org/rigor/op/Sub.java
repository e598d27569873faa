// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** a - b. */
public record Sub() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.sub(x.get(0), x.get(1));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return i == 0 ? t : F.neg(t);
  }

  /** Folds x - 0 to x, exact for every x. The same for x + 0 would lose the sign: -0 + 0 is +0. */
  @Override
  public Value fold(Value y) {
    boolean zero = y.input(1).op() instanceof Fill f && Double.compare(f.value(), 0) == 0;
    return zero && y.input(0).type().equals(y.type()) ? y.input(0) : y;
  }

  @Override
  public boolean additive() {
    return true;
  }

  @Override
  public int roundings(Value y, int i) {
    return Outward.summed(y, i);
  }

  @Override
  public boolean treatsSamplesAlike(Value y, Predicate<Value> moves) {
    return Pointwise.fixedAlike(y, moves);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval a = in.get(0);
    Interval b = in.get(1);
    return Outward.of(F.sub(a.lower(), b.upper()), F.sub(a.upper(), b.lower()));
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.sum();
  }
}
