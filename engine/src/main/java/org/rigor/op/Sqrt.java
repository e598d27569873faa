// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;

/** Square root, correctly rounded; its derivative at 0 is infinite. */
public record Sqrt() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.sqrt(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.div(F.mul(t, 0.5), y);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(y, in.get(0), 0.5, 0, Double.POSITIVE_INFINITY);
  }

  /** Relaxes as concave with derivative 1 / (2 sqrt(x)). */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.concave(
        Bow.at(y),
        t -> {
          Interval root = Bow.at(y).apply(t);
          Value half = F.constant(t, 0.5);
          return Outward.of(F.div(half, root.upper()), F.div(half, root.lower()));
        },
        in.get(0));
  }
}
