// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;
import org.rigor.ir.fn.UlpBounds;

/**
 * x^p as {@link Functions#pow}: NaN for {@code x < 0}; x^0 and 1^p are 1. The derivative with
 * respect to x is 0 where p is 0, that with respect to p is 0 where x is 0.
 */
public record Pow() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.pow(x.get(0), x.get(1));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value x = y.input(0);
    Value p = y.input(1);
    Value zero = F.constant(y, 0);
    Value d =
        i == 0
            ? F.select(F.eq(p, zero), zero, F.mul(p, F.pow(x, F.sub(p, F.constant(p, 1)))))
            : F.select(F.eq(x, zero), zero, F.mul(y, F.log(x)));
    return F.mul(t, d);
  }

  /**
   * Bounds the power for a fixed exponent if x is at least 0, where it is monotone; else unknown.
   */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Value p = exponent(y, in);
    Value a = F.pow(in.get(0).lower(), p);
    Value b = F.pow(in.get(0).upper(), p);
    Value low = F.minimum(a, b);
    Value high = F.maximum(a, b);
    double units = 2 * UlpBounds.of("pow", ExprType.F64) + 2;
    Value lower = F.sub(low, Outward.slack(low, units));
    return new Interval(
        F.maximum(lower, F.constant(y, 0)), F.add(high, Outward.slack(high, units)));
  }

  /**
   * Relaxes the power for a fixed exponent: concave for p in [0, 1], else convex; the derivative is
   * {@code p y / x}.
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    Value p = exponent(y, in);
    Function<Value, Interval> f = t -> bound(y, List.of(Interval.point(t), Interval.point(p)));
    Function<Value, Interval> slope =
        t -> {
          Interval at = f.apply(t);
          Interval q = Outward.of(F.div(at.lower(), t), F.div(at.upper(), t));
          return Outward.corners(F::mul, Interval.point(p), q);
        };
    Value zero = F.constant(y, 0);
    Value bowed = F.and(F.ge(p, zero), F.le(p, F.constant(y, 1)));
    Lines over = Bow.concave(f, slope, in.get(0)).get(0);
    Lines under = Bow.convex(f, slope, in.get(0)).get(0);
    Lines lines =
        new Lines(
            F.select(bowed, over.lowerSlope(), under.lowerSlope()),
            F.select(bowed, over.lowerIntercept(), under.lowerIntercept()),
            F.select(bowed, over.upperSlope(), under.upperSlope()),
            F.select(bowed, over.upperIntercept(), under.upperIntercept()));
    return Arrays.asList(lines, null);
  }

  private Value exponent(Value y, List<Interval> in) {
    if (!in.get(1).isPoint()) {
      throw noBoundRule(y);
    }
    return in.get(1).lower();
  }
}
