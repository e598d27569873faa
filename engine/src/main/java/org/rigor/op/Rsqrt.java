// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;
import org.rigor.ir.fn.UlpBounds;

/** 1 / sqrt(x); infinite at 0. */
public record Rsqrt() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.rsqrt(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(F.mul(t, -0.5), F.div(y, y.input(0)));
  }

  /** Swaps the sides, because the function decreases. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval x = in.get(0);
    Interval turned = x.isPoint() ? x : new Interval(x.upper(), x.lower());
    double ulps = UlpBounds.of("rsqrt", ExprType.F64);
    return Outward.rising(y, turned, ulps, 0, Double.POSITIVE_INFINITY);
  }

  /** Relaxes as convex with derivative -y / (2 x). */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.convex(
        Bow.at(y),
        t -> {
          Interval root = Bow.at(y).apply(t);
          Value twice = F.mul(t, -2);
          return Outward.of(F.div(root.upper(), twice), F.div(root.lower(), twice));
        },
        in.get(0));
  }
}
