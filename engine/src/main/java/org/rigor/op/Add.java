// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** a + b. */
public record Add() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.add(x.get(0), x.get(1));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return t;
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
    return Outward.of(F.add(a.lower(), b.lower()), F.add(a.upper(), b.upper()));
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.sum();
  }
}
