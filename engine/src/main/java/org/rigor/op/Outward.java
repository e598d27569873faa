// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.BinaryOperator;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/**
 * Outward rounding of F64 values computed with rounding to nearest, because no backend has directed
 * rounding. Every error term includes {@link #TINY}, which exceeds any effect of underflow and
 * stays far from the subnormal range, where arithmetic is slow.
 */
public final class Outward {
  /** Unit roundoff of F64. */
  public static final double UNIT = 0x1p-53;

  /** Above the sum of 2^500 underflow errors of 2^-1074. */
  public static final double TINY = 0x1p-500;

  private Outward() {}

  /**
   * Returns an upper bound on n u / (1 - n u) for 0 &lt;= n &lt; 2^40 (Higham 2002, section 3.1).
   */
  public static double gamma(long n) {
    return n * UNIT * (1 + (n + 4) * 0x1p-52);
  }

  /**
   * Returns a lower bound on the exact result of the one correctly rounded operation that gave
   * {@code x}.
   */
  public static Value down(Value x) {
    return F.sub(x, slack(x, 1));
  }

  /**
   * Returns an upper bound on the exact result of the one correctly rounded operation that gave
   * {@code x}.
   */
  public static Value up(Value x) {
    return F.add(x, slack(x, 1));
  }

  /**
   * Returns {@code units} times 2^-52 |x|, plus {@link #TINY}. Subtracting 2^-52 |x| or more
   * reaches the neighbour of x even after rounding; an infinite x gives NaN on the side that would
   * be wrong.
   */
  static Value slack(Value x, double units) {
    return F.add(F.mul(F.abs(x), units * 0x1p-52), TINY);
  }

  /** Moves both sides outward by one rounding. */
  static Interval of(Value lower, Value upper) {
    return new Interval(down(lower), up(upper));
  }

  /** Returns {@code value -+ error} rounded outward, where {@code error >= 0} is an upper bound. */
  public static Interval around(Value value, Value error) {
    return of(F.sub(value, error), F.add(value, error));
  }

  /** Encloses an exact operation that is nondecreasing in every operand. */
  static Interval sides(Value y, List<Interval> in) {
    Value lower = y.withInputs(in.stream().map(Interval::lower).toList());
    boolean exact = in.stream().allMatch(Interval::isPoint);
    Value upper = exact ? lower : y.withInputs(in.stream().map(Interval::upper).toList());
    return new Interval(lower, upper);
  }

  /**
   * Encloses a nondecreasing function of one operand that is computed within {@code ulps} of the
   * exact value. Doubles the stated bound, because F64 bounds are measured, not proved.
   *
   * @param least lower bound on the function's values
   * @param most upper bound on the function's values
   */
  static Interval rising(Value y, Interval x, double ulps, double least, double most) {
    Value low = y.withInputs(List.of(x.lower()));
    Value high = x.isPoint() ? low : y.withInputs(List.of(x.upper()));
    Value lower = F.sub(low, slack(low, 2 * ulps + 2));
    Value upper = F.add(high, slack(high, 2 * ulps + 2));
    if (least > Double.NEGATIVE_INFINITY) {
      lower = F.maximum(lower, F.constant(lower, least));
    }
    if (most < Double.POSITIVE_INFINITY) {
      upper = F.minimum(upper, F.constant(upper, most));
    }
    return new Interval(lower, upper);
  }

  /** Returns an upper bound on |v| over the interval. */
  public static Value magnitude(Interval x) {
    return x.isPoint() ? F.abs(x.lower()) : F.maximum(F.neg(x.lower()), x.upper());
  }

  /**
   * Returns a centre, which may be any real number, in {@code [0]}, and an upper bound on the
   * distance of either side from it in {@code [1]}.
   */
  public static Value[] centred(Interval x) {
    Value centre = F.add(F.mul(x.lower(), 0.5), F.mul(x.upper(), 0.5));
    Value radius = F.maximum(F.sub(x.upper(), centre), F.sub(centre, x.lower()));
    return new Value[] {centre, up(radius)};
  }

  /** Returns the extremes of a product or quotient, which is monotone in each operand. */
  static Interval corners(BinaryOperator<Value> op, Interval a, Interval b) {
    Value low = op.apply(a.lower(), b.lower());
    Value high = low;
    for (Value x : sidesOf(a)) {
      for (Value z : sidesOf(b)) {
        if (x != a.lower() || z != b.lower()) {
          Value corner = op.apply(x, z);
          low = F.minimum(low, corner);
          high = F.maximum(high, corner);
        }
      }
    }
    return of(low, high);
  }

  /** Encloses a / b of two exact values. */
  static Interval quotient(Value a, Value b) {
    Value q = F.div(a, b);
    return of(q, q);
  }

  private static List<Value> sidesOf(Interval x) {
    return x.isPoint() ? List.of(x.lower()) : List.of(x.lower(), x.upper());
  }

  /**
   * Returns to how many elements of {@code y} an element of input {@code i} is repeated; 0 if just
   * one.
   */
  static int summed(Value y, int i) {
    return repeats(y.shape(), y.input(i).shape());
  }

  static int repeats(Shape wide, Shape narrow) {
    long n = wide.size() / narrow.size();
    return n == 1 ? 0 : Math.toIntExact(n);
  }

  /**
   * Relaxes the function x for x &gt;= 0 and {@code slope} x below, with 0 &lt;= slope &lt;= 1. The
   * lower line is the identity where u &gt;= -l, else {@code slope} x; either holds everywhere. The
   * upper line is the chord between min(l, 0) and max(u, 0), which is the function itself where x
   * keeps its sign.
   */
  static Lines convexKink(Value y, Interval x, double slope) {
    Value zero = F.constant(y, 0);
    Value one = F.constant(y, 1);
    Value below = F.constant(y, slope);
    Value l = F.minimum(x.lower(), zero);
    Value u = F.maximum(x.upper(), zero);
    Value width = F.maximum(F.sub(u, l), F.constant(y, TINY));
    Value chord = F.clamp(F.div(F.sub(u, F.mul(l, slope)), width), slope, 1);
    // Any slope is sound with the intercept that puts the line above both ends of a convex curve.
    Value overU = up(F.mul(up(F.sub(one, chord)), u));
    Value overL = up(F.mul(up(F.sub(chord, below)), F.neg(l)));
    Value identity = F.ge(x.upper(), F.neg(x.lower()));
    return new Lines(F.select(identity, one, below), zero, chord, F.maximum(overU, overL));
  }

  /**
   * Relaxes as {@link #convexKink(Value, Interval, double)} does, with a chosen lower slope where x
   * has both signs: any from {@code least} to 1 is below both branches. One out of range, or NaN,
   * counts as {@code least}.
   */
  static Lines convexKink(Value y, Interval x, double least, Value slope) {
    Lines own = convexKink(y, x, least);
    Value zero = F.constant(y, 0);
    Value below = F.constant(y, least);
    Value allowed = F.and(F.ge(slope, below), F.le(slope, F.constant(y, 1)));
    Value both = F.and(F.lt(x.lower(), zero), F.gt(x.upper(), zero));
    Value chosen = F.select(both, F.select(allowed, slope, below), own.lowerSlope());
    return new Lines(chosen, own.lowerIntercept(), own.upperSlope(), own.upperIntercept());
  }

  static Interval negative(Interval x) {
    return new Interval(F.neg(x.upper()), F.neg(x.lower()));
  }

  /** Relaxes the larger of a and b as b + relu(a - b). */
  static List<Lines> larger(Value y, Interval a, Interval b) {
    Interval gap = of(F.sub(a.lower(), b.upper()), F.sub(a.upper(), b.lower()));
    Lines relu = convexKink(y, gap, 0);
    Value one = F.constant(y, 1);
    Value zero = F.constant(y, 0);
    // 1 - slope is exact below, where the slope is 0 or 1, and may be rounded above
    Value error = F.add(F.mul(magnitude(b), 2 * UNIT), TINY);
    return List.of(
        new Lines(relu.lowerSlope(), zero, relu.upperSlope(), relu.upperIntercept()),
        new Lines(F.sub(one, relu.lowerSlope()), zero, F.sub(one, relu.upperSlope()), error));
  }

  /**
   * Relaxes {@code a x + b relu(x)}. {@code b} may be rounded once and each slope is rounded twice,
   * which moves a line by no more than the error terms added here.
   */
  static Lines bentLine(Value y, Interval x, double a, double b) {
    Lines relu = convexKink(y, x, 0);
    boolean falls = b < 0;
    Value below = falls ? relu.upperSlope() : relu.lowerSlope();
    Value above = falls ? relu.lowerSlope() : relu.upperSlope();
    Value lower = F.mul(falls ? relu.upperIntercept() : relu.lowerIntercept(), b);
    Value upper = F.mul(falls ? relu.lowerIntercept() : relu.upperIntercept(), b);
    double turned = 16 * UNIT * (Math.abs(a) + Math.abs(b));
    Value error = F.add(F.mul(magnitude(x), turned), TINY);
    return new Lines(
        F.add(F.mul(below, b), a),
        down(F.sub(F.sub(lower, slack(lower, 4)), error)),
        F.add(F.mul(above, b), a),
        up(F.add(F.add(upper, slack(upper, 4)), error)));
  }

  /** Returns the larger of two lower sides, ignoring a NaN. */
  public static Value higher(Value a, Value b) {
    return F.select(F.or(F.ge(a, b), F.ne(b, b)), a, b);
  }

  /** Returns the smaller of two upper sides, ignoring a NaN. */
  public static Value lower(Value a, Value b) {
    return F.select(F.or(F.le(a, b), F.ne(b, b)), a, b);
  }
}
