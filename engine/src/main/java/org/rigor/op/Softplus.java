// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.Optional;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Range;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;
import org.rigor.ir.fn.UlpBounds;

/** log(1 + e^x). */
public record Softplus() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.softplus(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.sigmoid(y.input(0)));
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(
        y, in.get(0), UlpBounds.of("softplus", ExprType.F64), 0, Double.POSITIVE_INFINITY);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }

  @Override
  public Optional<Range> derivatives() {
    return Optional.of(new Range(0, 1));
  }

  /** Relaxes as convex; the derivative is the sigmoid. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return Bow.convex(Bow.at(y), t -> Bow.at(F.sigmoid(t)).apply(t), in.get(0));
  }
}
