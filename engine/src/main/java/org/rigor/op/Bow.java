// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Function;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;

/**
 * Lines around a convex or concave function: a chord over (under) it and a tangent at the midpoint.
 * Slopes are plain rounded values; intercepts absorb their error.
 */
final class Bow {
  /** Width, relative to the ends, below which a difference quotient has no correct digits. */
  private static final double NARROW = 1e-6;

  private Bow() {}

  /**
   * @param f encloses the function at a point
   * @param slope encloses a subgradient at a point
   * @param x interval on which the function is convex
   */
  static List<Lines> convex(
      Function<Value, Interval> f, Function<Value, Interval> slope, Interval x) {
    Value l = x.lower();
    Value u = x.upper();
    Value middle = F.add(F.mul(l, 0.5), F.mul(u, 0.5));
    Interval d = slope.apply(middle);
    Value tangent = d.lower();
    Value reach = Outward.up(F.maximum(F.sub(u, middle), F.sub(middle, l)));
    Value turned = Outward.up(F.mul(Outward.up(F.sub(d.upper(), d.lower())), reach));
    Value below = Outward.down(F.sub(below(f.apply(middle), tangent, middle), turned));

    Interval fl = f.apply(l);
    Interval fu = f.apply(u);
    Value width = F.sub(u, l);
    Value wide = F.gt(width, F.mul(F.add(Outward.magnitude(x), Outward.TINY), NARROW));
    Value chord = F.select(wide, F.div(F.sub(fu.upper(), fl.upper()), width), tangent);
    Value above = F.maximum(above(fl, chord, l), above(fu, chord, u));
    // Where an end lies outside the domain no line holds, not even a tangent inside it.
    Value defined = F.and(F.eq(fl.upper(), fl.upper()), F.eq(fu.upper(), fu.upper()));
    Value nan = F.constant(below, Double.NaN);
    return List.of(
        new Lines(tangent, F.select(defined, below, nan), chord, F.select(defined, above, nan)));
  }

  /** Returns lines where the function is concave, see {@link #convex}. */
  static List<Lines> concave(
      Function<Value, Interval> f, Function<Value, Interval> slope, Interval x) {
    Lines l = convex(t -> negative(f.apply(t)), t -> negative(slope.apply(t)), x).get(0);
    return List.of(negative(l));
  }

  /** Returns lines around -f. */
  static Lines negative(Lines l) {
    return new Lines(
        F.neg(l.upperSlope()),
        F.neg(l.upperIntercept()),
        F.neg(l.lowerSlope()),
        F.neg(l.lowerIntercept()));
  }

  private static Interval negative(Interval x) {
    return new Interval(F.neg(x.upper()), F.neg(x.lower()));
  }

  /** Returns at least f(t) - a t. */
  static Value above(Interval f, Value a, Value t) {
    return Outward.up(F.sub(f.upper(), Outward.down(F.mul(a, t))));
  }

  /** Returns at most f(t) - a t. */
  static Value below(Interval f, Value a, Value t) {
    return Outward.down(F.sub(f.lower(), Outward.up(F.mul(a, t))));
  }

  /** Returns the unary function that {@code y} applies, enclosed at points. */
  static Function<Value, Interval> at(Value y) {
    return t -> y.op().bound(y, List.of(Interval.point(t)));
  }
}
