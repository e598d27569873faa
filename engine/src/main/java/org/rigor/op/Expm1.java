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

/** e^x - 1, accurate near 0. */
public record Expm1() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.expm1(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.exp(y.input(0)));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(
        y, in.get(0), UlpBounds.of("expm1", ExprType.F64), -1, Double.POSITIVE_INFINITY);
  }

  /** Relaxes e^x - 1 as convex with the derivative e^x. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.convex(Bow.at(y), t -> Bow.at(F.exp(t)).apply(t), in.get(0));
  }
}
