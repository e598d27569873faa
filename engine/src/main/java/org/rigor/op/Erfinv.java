// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;
import org.rigor.ir.fn.UlpBounds;

/** The inverse of the error function on (-1, 1): infinite at 1 and -1, NaN beyond. */
public record Erfinv() implements Pointwise, MeasuredRounding {
  private static final double HALF_SQRT_PI = 0.88622692545275801;

  @Override
  public Expr body(List<Expr> x) {
    return Functions.erfinv(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.mul(F.exp(F.mul(y, y)), HALF_SQRT_PI));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    double ulps = UlpBounds.of("erfinv", ExprType.F64);
    double all = Double.POSITIVE_INFINITY;
    return Outward.rising(y, in.get(0), ulps, -all, all);
  }
}
