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

/** The error function, 2 / sqrt(pi) times the integral of e^(-s^2) from 0 to x. */
public record Erf() implements Pointwise, MeasuredRounding {
  private static final double TWO_OVER_SQRT_PI = 1.1283791670955126;

  @Override
  public Expr body(List<Expr> x) {
    return Functions.erf(x.get(0));
  }

  @Override
  public boolean continuous() {
    return true;
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value x = y.input(0);
    Value density = F.mul(F.exp(F.neg(F.mul(x, x))), TWO_OVER_SQRT_PI);
    return F.mul(t, density);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.rising(y, in.get(0), UlpBounds.of("erf", ExprType.F64), -1, 1);
  }

  /** Multiplies by at least 2 / sqrt(pi) = 1.12837916709551257..., the slope at 0. */
  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1.1283791670955128);
  }

  /**
   * erf t + 2 / sqrt(pi) t e^(-t^2) is largest at t = 1, erf 1 + 2 / (e sqrt(pi)) =
   * 1.25780829037030957..., and odd.
   */
  @Override
  public Optional<Range> gatedSlopes() {
    return Optional.of(new Range(-1.2578082903703096, 1.2578082903703096));
  }

  /** Allows for the rounded argument of e^(-x^2): where the result is not 0, x^2 is below 750. */
  @Override
  public List<Lines> relax(Value y, List<Interval> in) {
    return SShape.around(
        y, t -> chain(y.withInputs(List.of(t)), 0, F.constant(t, 1)), 0x1p-40, 2, in.get(0));
  }
}
