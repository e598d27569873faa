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

/** Natural logarithm; its derivative at 0 is infinite. */
public record Log() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.log(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.div(t, y.input(0));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(
        y,
        in.get(0),
        UlpBounds.of("log", ExprType.F64),
        Double.NEGATIVE_INFINITY,
        Double.POSITIVE_INFINITY);
  }

  /**
   * Relaxes as concave with the derivative 1 / x; the chord carries no information where x may be
   * 0.
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.concave(Bow.at(y), t -> Outward.quotient(F.constant(t, 1), t), in.get(0));
  }
}
