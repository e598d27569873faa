// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;

/**
 * Lines around an increasing function that is convex below 0 and concave above, such as tanh. On
 * one side of 0 they are a chord and the tangent at the midpoint. Across 0 a chord bounds from
 * above if the function is at least as steep at u (from below: at l); else the line through the end
 * with the smaller of the two end slopes does (Singh et al. 2019, DeepPoly).
 */
final class SShape {
  /** Relative error of a computed derivative: a product of two sigmoids of 2.4 ulp. */
  private static final double SLOPE_ERROR = 0x1p-46;

  /** Width below which a difference quotient has no correct digits. */
  private static final double NARROW = 1e-5;

  private final double error;
  private final double steepest;
  private final Function<Value, Interval> f;
  private final UnaryOperator<Value> slope;
  private final Value l;
  private final Value u;

  private SShape(
      Function<Value, Interval> f,
      UnaryOperator<Value> slope,
      double error,
      double steepest,
      Interval x) {
    this.error = error;
    this.steepest = steepest;
    this.f = f;
    this.slope = slope;
    this.l = x.lower();
    this.u = x.upper();
  }

  /**
   * @param y the function's value somewhere
   * @param slope computes its derivative, at most 1, within {@link #SLOPE_ERROR}
   */
  static List<Lines> around(Value y, UnaryOperator<Value> slope, Interval x) {
    return around(y, slope, SLOPE_ERROR, 1, x);
  }

  /**
   * @param error relative, of the computed derivative
   * @param steepest at least the derivative
   */
  static List<Lines> around(
      Value y, UnaryOperator<Value> slope, double error, double steepest, Interval x) {
    Function<Value, Interval> f = t -> y.op().bound(y, List.of(Interval.point(t)));
    return List.of(new SShape(f, slope, error, steepest, x).lines());
  }

  /** Returns the point of an interval nearest to 0 that leaves a quarter of it on either side. */
  static Value cut(Interval x) {
    Value quarter = F.mul(F.sub(x.upper(), x.lower()), 0.25);
    Value zero = F.constant(quarter, 0);
    return F.maximum(F.add(x.lower(), quarter), F.minimum(F.sub(x.upper(), quarter), zero));
  }

  private Lines lines() {
    Value zero = F.constant(l, 0);
    Interval fl = f.apply(l);
    Interval fu = f.apply(u);
    Value atL = least(l);
    Value atU = least(u);
    Value flat = F.minimum(atL, atU);
    Value width = F.sub(u, l);
    Value quotient = F.clamp(F.div(F.sub(fu.lower(), fl.lower()), width), 0, steepest);
    Value wide = F.gt(width, F.constant(width, NARROW));
    Value concave = F.ge(l, zero);
    Value convex = F.le(u, zero);

    Value chordAbove = F.and(wide, F.or(convex, F.ge(atU, quotient)));
    Value up = F.select(chordAbove, quotient, flat);
    Value aboveEnds = F.maximum(above(fl, up, l), above(fu, up, u));
    Value chordBelow = F.and(wide, F.or(concave, F.ge(atL, quotient)));
    Value down = F.select(chordBelow, quotient, flat);
    Value belowEnds = F.minimum(below(fl, down, l), below(fu, down, u));

    Value middle = F.add(F.mul(l, 0.5), F.mul(u, 0.5));
    Value tangent = slope.apply(middle);
    Interval fm = f.apply(middle);
    Value reach = Outward.up(F.maximum(F.sub(u, middle), F.sub(middle, l)));
    Value wrong = F.add(F.mul(tangent, error), Outward.TINY);
    Value turned = Outward.up(F.mul(wrong, reach));
    Value aboveMiddle = Outward.up(F.add(above(fm, tangent, middle), turned));
    Value belowMiddle = Outward.down(F.sub(below(fm, tangent, middle), turned));
    return new Lines(
        F.select(convex, tangent, down),
        F.select(convex, belowMiddle, belowEnds),
        F.select(concave, tangent, up),
        F.select(concave, aboveMiddle, aboveEnds));
  }

  /** Returns a lower bound on the derivative, at least 0. */
  private Value least(Value t) {
    Value d = F.add(F.mul(slope.apply(t), 1 - error), -Outward.TINY);
    return F.maximum(d, F.constant(d, 0));
  }

  /** Returns an upper bound on f(t) - a t. */
  private static Value above(Interval f, Value a, Value t) {
    return Outward.up(F.sub(f.upper(), Outward.down(F.mul(a, t))));
  }

  /** Returns a lower bound on f(t) - a t. */
  private static Value below(Interval f, Value a, Value t) {
    return Outward.down(F.sub(f.lower(), Outward.up(F.mul(a, t))));
  }
}
