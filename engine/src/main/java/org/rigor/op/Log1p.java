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

/** log(1 + x), accurate near 0; its derivative at -1 is infinite. */
public record Log1p() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.log1p(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.div(t, F.add(y.input(0), 1));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(
        y,
        in.get(0),
        UlpBounds.of("log1p", ExprType.F64),
        Double.NEGATIVE_INFINITY,
        Double.POSITIVE_INFINITY);
  }

  /**
   * Relaxes as concave with the derivative 1 / (1 + x); the chord carries no information where x
   * may be -1.
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.concave(
        Bow.at(y),
        t -> {
          Value next = F.add(t, 1);
          Value one = F.constant(t, 1);
          return Outward.of(F.div(one, Outward.up(next)), F.div(one, Outward.down(next)));
        },
        in.get(0));
  }
}
