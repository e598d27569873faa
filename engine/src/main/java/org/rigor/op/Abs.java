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

/** |x|; NaN stays NaN, the derivative at 0 is 0. */
public record Abs() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.abs(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.sign(y.input(0)));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval x = in.get(0);
    if (x.isPoint()) {
      return Interval.point(F.abs(x.lower()));
    }
    Value least = F.maximum(F.maximum(x.lower(), F.neg(x.upper())), F.constant(y, 0));
    return new Interval(least, Outward.magnitude(x));
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }

  @Override
  public Optional<Range> derivatives() {
    return Optional.of(new Range(-1, 1));
  }

  /** Relaxes |x| as 2 relu(x) - x. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return List.of(Outward.bentLine(y, in.get(0), -1, 2));
  }
}
