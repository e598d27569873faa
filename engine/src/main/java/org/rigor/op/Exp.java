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

/** e^x. */
public record Exp() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.exp(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, y);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(
        y, in.get(0), UlpBounds.of("exp", ExprType.F64), 0, Double.POSITIVE_INFINITY);
  }

  /** Relaxes e^x as a convex function that is its own derivative. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.convex(Bow.at(y), Bow.at(y), in.get(0));
  }
}
