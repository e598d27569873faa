// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Enclosure;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Outward;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/**
 * Terms of a linear bound: coefficients A times values with known sides [l, u], at least the sum
 * over units of max(A, 0) l + min(A, 0) u. An error e of |A| has the sides [-e, e]. Everything
 * multiplied by the same A is summed first, at the cost of one unit, so that each A is read once;
 * after an elementwise function it even moves to the coefficients before it.
 */
final class Terms {
  /** Coefficients of the result of a function enclosed by two lines. */
  private record Bend(Value before, Lines lines) {}

  private final Map<Value, List<Interval>> sides = new LinkedHashMap<>();
  private final Map<Value, Bend> bends = new LinkedHashMap<>();
  private final boolean enclosed;
  private Value total;
  private Region ball;
  private Value ballCoefficients;

  /**
   * @param enclosed whether rounding is charged
   */
  Terms(boolean enclosed) {
    this.enclosed = enclosed;
  }

  boolean enclosed() {
    return enclosed;
  }

  /** Adds coefficients times a value with known sides, [M, B, units...]. */
  void known(Value a, Interval value) {
    sides.computeIfAbsent(a, k -> new ArrayList<>()).add(value);
  }

  /** Adds the error |A| times {@code e}. */
  void error(Value a, Value e) {
    if (enclosed) {
      known(a, new Interval(F.neg(e), e));
    }
  }

  /** Adds the underflow of coefficients times values up to {@code size}, [M, B, units...]. */
  void underflow(Value size) {
    if (!enclosed) {
      return;
    }
    Value lost = F.add(F.mul(F.sum(size, units(size, 2)), Outward.TINY), Outward.TINY);
    add(F.neg(lifted(lost)));
  }

  /** Returns the coefficients of the operand of an elementwise function enclosed by two lines. */
  Value relaxed(Value a, Lines l) {
    Value zero = F.constant(a, 0);
    Value below = F.mul(F.maximum(a, zero), lifted(l.lowerSlope()));
    Value next = F.add(below, F.mul(F.minimum(a, zero), lifted(l.upperSlope())));
    sides.computeIfAbsent(a, k -> new ArrayList<>());
    bends.put(next, new Bend(a, l));
    if (!enclosed) { // else the rounding of next stands there
      known(next, Interval.point(F.fill(next.dtype(), next.shape().remove(1), 0)));
    }
    return next;
  }

  /**
   * Adds coefficients times the input: its sides and, for a Euclidean ball, the dual norm as well.
   */
  void input(Value a, Region region) {
    if (region.norm() == Norm.LINF) {
      known(a, region.sides());
    } else {
      ball = region;
      ballCoefficients = a;
    }
  }

  /** Returns the sum of all terms, a lower side. */
  Value total() {
    List<Value> order = new ArrayList<>(sides.keySet());
    for (int i = order.size() - 1; i >= 0; i--) {
      Bend bend = bends.get(order.get(i));
      if (bend != null) {
        Interval x = sum(sides.remove(order.get(i)));
        known(bend.before(), brought(x, order.get(i), bend));
        underflow(Outward.magnitude(x));
      }
    }
    sides.forEach((a, list) -> add(dot(a, sum(list))));
    if (ball != null) {
      add(overBall(ballCoefficients));
    }
    return total;
  }

  private void add(Value sum) {
    Value term = column(sum);
    total = total == null ? term : down(F.add(total, term));
  }

  /** Reshapes a sum [M, S, B, 1, ...] to [M, S, B, 1], for any number of unit axes. */
  private static Value column(Value sum) {
    Shape s = sum.shape();
    return F.reshape(sum, Shape.of(s.dim(0), s.dim(1), s.dim(2), 1));
  }

  private Interval sum(List<Interval> list) {
    Value lower = list.get(0).lower();
    Value upper = list.get(0).upper();
    for (Interval x : list.subList(1, list.size())) {
      lower = down(F.add(lower, x.lower()));
      upper = up(F.add(upper, x.upper()));
    }
    return new Interval(lower, upper);
  }

  /**
   * Rewrites (max(A, 0) s + min(A, 0) t) x + max(A, 0) b + min(A, 0) c, for slopes s, t of either
   * sign and x between sides, as A times sides.
   */
  private Interval brought(Interval x, Value next, Bend bend) {
    Lines l = bend.lines();
    Interval below = summed(times(l.lowerSlope(), x), next, bend);
    Interval above = summed(times(l.upperSlope(), x), next, bend);
    return new Interval(
        down(F.add(below.lower(), l.lowerIntercept())),
        up(F.add(above.upper(), l.upperIntercept())));
  }

  /** Sums [M, B, units...] over the axes that the function of the bend joins. */
  private static Interval summed(Interval x, Value next, Bend bend) {
    List<Integer> axes = new ArrayList<>();
    for (int a = 3; a < next.shape().rank(); a++) {
      if (bend.before().shape().dim(a) != next.shape().dim(a)) {
        axes.add(a - 1);
      }
    }
    return axes.isEmpty() ? x : Enclosure.rule(F.sum(x.lower(), axes), List.of(x));
  }

  private Interval times(Value slope, Interval x) {
    Value a = F.mul(slope, x.lower());
    Value b = F.mul(slope, x.upper());
    // once for this product, once for the rounded coefficients that it stands for
    Value lower = down(down(F.minimum(a, b)));
    return new Interval(lower, up(up(F.maximum(a, b))));
  }

  /**
   * Returns a lower side of the sum over units of A x, its own rounding moved into the sides first.
   */
  private Value dot(Value a, Interval x) {
    Shape s = a.shape();
    long n = s.size() / s.dim(0) / s.dim(1) / s.dim(2);
    double gamma = 4 * Outward.gamma(n + 8);
    Value lower = enclosed ? F.sub(x.lower(), F.mul(F.abs(x.lower()), gamma)) : x.lower();
    Value upper = enclosed ? F.add(x.upper(), F.mul(F.abs(x.upper()), gamma)) : x.upper();
    if (s.dim(2) == 1 && s.rank() == 4 && x.lower().shape().dim(1) > 1) {
      return shared(a, lower, upper);
    }
    Value each = F.mul(a, F.select(positive(a), lifted(lower), lifted(upper)));
    Value sum = F.sum(each, units(each, 3));
    return enclosed ? F.sub(sum, F.constant(a, Outward.TINY)) : sum;
  }

  /** Returns the sum for coefficients shared by all samples, as two matrix products. */
  private Value shared(Value a, Value lower, Value upper) {
    Shape s = a.shape();
    Value rows = F.reshape(a, s.remove(2)); // [M, S, units]
    Value zero = F.constant(rows, 0);
    Value low = F.matmul(F.maximum(rows, zero), lower, false, true); // [M, S, B]
    Value high = F.matmul(F.minimum(rows, zero), upper, false, true);
    Value both = F.sub(down(F.add(low, high)), F.constant(low, Outward.TINY));
    return F.reshape(both, both.shape().insert(3, 1));
  }

  /**
   * Returns the dual norm of the coefficients over the ball, or the box around it if that is
   * better.
   */
  private Value overBall(Value a) {
    long n = a.shape().size() / a.shape().dim(0);
    Value length = F.sqrt(column(F.sum(F.square(a), units(a, 3))));
    Value dual = F.add(F.mul(length, 1 + 4 * Outward.gamma(n + 8)), Outward.TINY);
    Value reach = up(F.mul(dual, column(lifted(ball.epsilon()))));
    Value centre = column(dot(a, Interval.point(ball.x())));
    return F.maximum(column(dot(a, ball.sides())), down(F.sub(centre, reach)));
  }

  private Value down(Value v) {
    return enclosed ? Outward.down(v) : v;
  }

  private Value up(Value v) {
    return enclosed ? Outward.up(v) : v;
  }

  private static Value positive(Value a) {
    return F.gt(a, F.constant(a, 0));
  }

  /** Reshapes [M, B, units...] to [M, 1, B, units...]. */
  private static Value lifted(Value v) {
    return F.reshape(v, v.shape().insert(1, 1));
  }

  private static int[] units(Value v, int from) {
    int[] axes = new int[v.shape().rank() - from];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = from + i;
    }
    return axes;
  }
}
