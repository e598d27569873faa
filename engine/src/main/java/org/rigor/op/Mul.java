// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;

/** a * b. */
public record Mul() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.mul(x.get(0), x.get(1));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, y.input(1 - i));
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  /** Folds x * 1 to x, exact for every x, NaN and signed zeros included. */
  @Override
  public Value fold(Value y) {
    for (int i = 0; i < 2; i++) {
      if (y.input(i).op() instanceof Fill f
          && f.value() == 1
          && y.input(1 - i).type().equals(y.type())) {
        return y.input(1 - i);
      }
    }
    return y;
  }

  @Override
  public int roundings(Value y, int i) {
    return 1 + Outward.summed(y, i);
  }

  @Override
  public boolean treatsSamplesAlike(Value y, Predicate<Value> moves) {
    return Pointwise.fixedAlike(y, moves);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval a = in.get(0);
    Interval b = in.get(1);
    if (y.input(0) == y.input(1)) {
      Value zero = F.constant(y, 0);
      Value least = F.maximum(F.maximum(a.lower(), F.neg(a.upper())), zero);
      Value most = Outward.magnitude(a);
      Value lower = F.maximum(Outward.down(F.mul(least, least)), zero);
      return new Interval(lower, Outward.up(F.mul(most, most)));
    }
    return Outward.corners(F::mul, a, b);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(of.largest(1 - of.moving()));
  }

  @Override
  public boolean slopeReadsOperands() {
    return true;
  }

  /**
   * Relaxes a square by tangent and chord, other products after McCormick (1976): of the two planes
   * below (above) the product that touch it at corners of the box, the one that is higher (lower)
   * at the midpoint.
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    Interval a = in.get(0);
    Interval b = in.get(1);
    if (y.input(0) == y.input(1)) {
      Lines square =
          Bow.convex(t -> Outward.of(F.mul(t, t), F.mul(t, t)), t -> Interval.point(F.mul(t, 2)), a)
              .get(0);
      return Arrays.asList(square, null);
    }
    Plane low =
        Plane.better(a, b, new Plane(b.lower(), a.lower()), new Plane(b.upper(), a.upper()), true);
    Plane high =
        Plane.better(a, b, new Plane(b.upper(), a.lower()), new Plane(b.lower(), a.upper()), false);
    Value zero = F.constant(y, 0);
    return List.of(
        new Lines(low.a(), low.below(), high.a(), high.above()),
        new Lines(low.b(), zero, high.b(), zero));
  }

  /** A plane {@code a x + b z - a b} for the product x z; a and b are the slopes of x and z. */
  private record Plane(Value a, Value b) {
    static Plane better(Interval x, Interval z, Plane p, Plane q, boolean lower) {
      Value cx = F.add(F.mul(x.lower(), 0.5), F.mul(x.upper(), 0.5));
      Value cz = F.add(F.mul(z.lower(), 0.5), F.mul(z.upper(), 0.5));
      Value first = lower ? F.ge(p.at(cx, cz), q.at(cx, cz)) : F.le(p.at(cx, cz), q.at(cx, cz));
      return new Plane(F.select(first, p.a, q.a), F.select(first, p.b, q.b));
    }

    private Value at(Value x, Value z) {
      return F.sub(F.add(F.mul(a, x), F.mul(b, z)), F.mul(a, b));
    }

    Value below() {
      return Outward.down(F.neg(F.mul(a, b)));
    }

    Value above() {
      return Outward.up(F.neg(F.mul(a, b)));
    }
  }
}
