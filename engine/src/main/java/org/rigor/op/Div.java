// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.MissingRuleException;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** a / b. */
public record Div() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.div(x.get(0), x.get(1));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return i == 0 ? F.div(t, y.input(1)) : F.neg(F.mul(t, F.div(y, y.input(1))));
  }

  @Override
  public boolean linearIn(int i) {
    return i == 0;
  }

  /** Folds x / 1 to x, which is exact for every x. */
  @Override
  public Value fold(Value y) {
    boolean one = y.input(1).op() instanceof Fill f && f.value() == 1;
    return one && y.input(0).type().equals(y.type()) ? y.input(0) : y;
  }

  @Override
  public int roundings(Value y, int i) {
    return 1 + Outward.summed(y, i);
  }

  /** Gives NaN sides where the divisor may be zero. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval b = in.get(1);
    Interval q = Outward.corners(F::div, in.get(0), b);
    Value zero = F.constant(y, 0);
    Value known = F.or(F.gt(b.lower(), zero), F.lt(b.upper(), zero));
    Value nan = F.constant(y, Double.NaN);
    return new Interval(F.select(known, q.lower(), nan), F.select(known, q.upper(), nan));
  }

  /** Bounds a quotient whose divisor does not depend on the input. */
  @Override
  public double slope(Value y, Slopes of) {
    if (of.moving() != 0) {
      throw new MissingRuleException("slope rule", y, "its divisor depends on the input");
    }
    double least = of.smallest(1);
    return of.times(least == 0 ? Double.POSITIVE_INFINITY : Math.nextUp(1 / least));
  }

  @Override
  public boolean slopeReadsOperands() {
    return true;
  }

  /**
   * Relaxes the reciprocal of the divisor, convex above 0 and concave below; lines are NaN where
   * the divisor may be 0.
   *
   * @throws UnsupportedOperationException if the dividend is not 1
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    if (!(y.input(0).op() instanceof Fill f && f.value() == 1)) {
      throw noBoundRule(y);
    }
    Interval b = in.get(1);
    Value zero = F.constant(y, 0);
    Value negative = F.lt(b.upper(), zero);
    Value known = F.or(negative, F.gt(b.lower(), zero));
    Value nan = F.constant(y, Double.NaN);
    Value low = F.select(negative, F.neg(b.upper()), b.lower());
    Value high = F.select(negative, F.neg(b.lower()), b.upper());
    Interval size = new Interval(F.select(known, low, nan), F.select(known, high, nan));
    Value one = F.constant(y, 1);
    Lines up =
        Bow.convex(
                t -> Outward.quotient(one, t),
                t -> {
                  Interval r = Outward.quotient(one, t);
                  return Outward.of(
                      F.neg(Outward.up(F.mul(r.upper(), r.upper()))),
                      F.neg(Outward.down(F.mul(r.lower(), r.lower()))));
                },
                size)
            .get(0);
    // b < 0: 1 / b = -1 / |b|, so the lines swap places and only the intercepts change sign
    Lines both =
        new Lines(
            F.select(negative, up.upperSlope(), up.lowerSlope()),
            F.select(negative, F.neg(up.upperIntercept()), up.lowerIntercept()),
            F.select(negative, up.lowerSlope(), up.upperSlope()),
            F.select(negative, F.neg(up.lowerIntercept()), up.upperIntercept()));
    return Arrays.asList(null, both);
  }
}
