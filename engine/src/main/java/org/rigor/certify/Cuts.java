// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.function.UnaryOperator;
import org.rigor.ir.Interval;
import org.rigor.ir.Lines;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Constraints of cells, {@code sign z >= sign point}, at most one of a sign for each element z, in
 * lists [M, B, L]. In the cell, -multiplier sign (z - point) adds at most 0 to a bound.
 */
final class Cuts {
  /** Distance of a cut from either side below which it serves no bound. */
  private static final double THIN = 1e-6;

  private final Value at;
  private final Value sign;
  private final Value point;
  private final Value multiplier;
  private final int width;

  /**
   * @param at element of each constraint, I32
   * @param sign F32: 1, -1, or 0 for none
   * @param point F64
   * @param multiplier F64; those that are not sound count as 0
   * @param width number of elements
   */
  Cuts(Value at, Value sign, Value point, Value multiplier, int width) {
    this.at = at;
    this.sign = F.cast(sign, DType.F64);
    this.point = point;
    this.multiplier = Split.sound(multiplier);
    this.width = width;
  }

  private Value zero() {
    return F.constant(sign, 0);
  }

  private Value scattered(boolean positive, Value list) {
    Value own = positive ? F.gt(sign, zero()) : F.lt(sign, zero());
    return F.scatterAlong(F.select(own, list, zero()), at, width); // [M, B, width]
  }

  /**
   * Returns what the constraints say of one value.
   *
   * @param part takes its elements out of all, [M, B, width]
   */
  Restriction of(UnaryOperator<Value> part) {
    Value one = F.constant(sign, 1);
    Value hasLow = part.apply(scattered(true, one));
    Value low = part.apply(scattered(true, point));
    Value hasHigh = part.apply(scattered(false, one));
    Value high = part.apply(scattered(false, point));
    Value down = part.apply(scattered(true, F.neg(multiplier)));
    Value up = part.apply(scattered(false, multiplier));
    return new Restriction() {
      @Override
      public Interval within(Interval z) {
        Value none = F.constant(low, 0);
        return new Interval(
            F.select(F.gt(hasLow, none), F.maximum(z.lower(), low), z.lower()),
            F.select(F.gt(hasHigh, none), F.minimum(z.upper(), high), z.upper()));
      }

      @Override
      public List<Term> terms() {
        Shape lifted = low.shape().insert(1, 1);
        return List.of(
            new Term(F.reshape(down, lifted), low), new Term(F.reshape(up, lifted), high));
      }
    };
  }

  /**
   * Returns half of what the lines around an operation leave between them, times its coefficient;
   * negative where a cut serves no bound.
   *
   * @param coefficients [M, 1, B, units...]
   */
  static Value score(Value v, Interval x, Value coefficients) {
    Lines lines = v.op().relax(v, List.of(x)).get(0);
    Value cut = v.op().cut(v, x);
    Value apart = F.sub(lines.upperIntercept(), lines.lowerIntercept());
    Value turn = F.sub(lines.upperSlope(), lines.lowerSlope());
    Value atLower = F.add(apart, F.mul(turn, x.lower()));
    Value gap = F.maximum(atLower, F.add(apart, F.mul(turn, x.upper())));
    Value a = F.abs(F.reshape(coefficients, v.shape()));
    Value thin = F.constant(cut, THIN);
    Value inside = F.and(F.gt(cut, F.add(x.lower(), thin)), F.lt(cut, F.sub(x.upper(), thin)));
    return F.select(inside, F.mul(F.mul(a, gap), 0.5), F.constant(a, -1));
  }
}
