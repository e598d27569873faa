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

/** x where x >= 0, else slope * x; NaN stays NaN, the derivative at 0 is the slope. */
public record LeakyRelu(double slope) implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    Expr a = x.get(0);
    Expr zero = Expr.literal(a.type(), 0);
    Expr scaled = Expr.mul(a, Expr.constant(a.type(), slope));
    return Expr.select(Expr.lt(a, zero), scaled, a);
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.select(F.gt(y.input(0), F.constant(y, 0)), t, F.mul(t, slope));
  }

  /** Handles a negative slope, whose minimum is at the turn, 0. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval x = in.get(0);
    if (slope < 0 && !x.isPoint()) {
      Value low = y.withInputs(List.of(x.lower()));
      Value high = y.withInputs(List.of(x.upper()));
      Value zero = F.constant(y, 0);
      Value turns = F.and(F.le(x.lower(), zero), F.ge(x.upper(), zero));
      Value least = Outward.down(F.minimum(low, high));
      Value none = F.add(least, F.constant(y, Double.POSITIVE_INFINITY)); // NaN stays
      return new Interval(
          F.minimum(least, F.select(turns, zero, none)), Outward.up(F.maximum(low, high)));
    }
    Interval sides = Outward.sides(y, in);
    return Outward.of(sides.lower(), sides.upper());
  }

  /**
   * Relaxes as {@link Relu} does, with the slope in place of zero; slopes outside [0, 1] as slope x
   * + (1 - slope) relu(x).
   */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return List.of(
        slope >= 0 && slope <= 1
            ? Outward.convexKink(y, in.get(0), slope)
            : Outward.bentLine(y, in.get(0), slope, 1 - slope));
  }

  @Override
  public boolean choosesSlope() {
    return slope >= 0 && slope <= 1;
  }

  @Override
  public List<Lines> relax(Value y, List<Interval> in, Value chosen) {
    return List.of(Outward.convexKink(y, in.get(0), slope, chosen));
  }

  /** Cuts at the turn where slopes are not chosen. */
  @Override
  public Value cut(Value y, Interval x) {
    return choosesSlope() ? null : F.fill(y.dtype(), y.shape(), 0);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(Math.max(1, Math.abs(slope)));
  }

  @Override
  public Optional<Range> derivatives() {
    return Optional.of(new Range(Math.min(1, slope), Math.max(1, slope)));
  }
}
