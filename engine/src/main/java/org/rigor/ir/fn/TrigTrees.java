// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.rigor.ir.Expr.abs;
import static org.rigor.ir.Expr.add;
import static org.rigor.ir.Expr.and;
import static org.rigor.ir.Expr.eq;
import static org.rigor.ir.Expr.fma;
import static org.rigor.ir.Expr.le;
import static org.rigor.ir.Expr.mul;
import static org.rigor.ir.Expr.select;
import static org.rigor.ir.Expr.shl;
import static org.rigor.ir.Expr.sub;
import static org.rigor.ir.Expr.xor;

import org.rigor.ir.Expr;

/**
 * Sine and cosine for |x| up to {@link #LIMIT}, NaN beyond: an argument whose spacing approaches a
 * period has no meaningful sine. x = k pi/2 + r with pi/2 in three parts; the first product is
 * exact, so cancellation loses nothing.
 */
final class TrigTrees {
  static final double LIMIT = 0x1p17;

  private static final double[] HALF_PI_32 = {0x1.921fb4p+0, 0x1.4442d0p-24, 0x1.846988p-48};
  private static final double[] HALF_PI_64 = {
    0x1.921fb54442d18p+0, 0x1.1a62633145c06p-54, 0x1.c1cd129024e08p-107
  };

  /** (sin(r)/r - 1) / z, z = r^2: errors 2^-27.9 and 2^-57.9. */
  private static final double[] SIN_32 = {-0x1.555546p-3, 0x1.110776p-7, -0x1.9952fap-13};

  private static final double[] SIN_64 = {
    -0x1.5555555555548p-3,
    0x1.111111110f730p-7,
    -0x1.a01a019be920ep-13,
    0x1.71de35552a018p-19,
    -0x1.ae5e4b81a8c95p-26,
    0x1.5d8b545f775a4p-33
  };

  /** (cos(r) - 1 + z/2) / z^2: errors 2^-33.0 and 2^-63.9. */
  private static final double[] COS_32 = {0x1.55554ap-5, -0x1.6c0c28p-10, 0x1.99e838p-16};

  private static final double[] COS_64 = {
    0x1.555555555554bp-5,
    -0x1.6c16c16c1500dp-10,
    0x1.a01a019c8dd1ap-16,
    -0x1.27e4f7f04fb83p-22,
    0x1.1ee9dacb165fep-29,
    -0x1.8fa5ec3352041p-37
  };

  private TrigTrees() {}

  static Expr sin(Expr x) {
    Expr y = shifted(Real.of("sin", x), x, 0);
    // The polynomial would return +0 for -0.
    return select(eq(x, Expr.literal(x.type(), 0L)), x, y);
  }

  static Expr cos(Expr x) {
    return shifted(Real.of("cos", x), x, 1);
  }

  /** Builds sin(x + quarter pi/2). */
  private static Expr shifted(Real real, Expr x, int quarter) {
    Expr magic = real.lit(real.magic);
    Expr shifted = fma(x, real.lit(2 / Math.PI), magic);
    Expr k = sub(shifted, magic);
    Expr r = x;
    for (double part : real == Real.F32 ? HALF_PI_32 : HALF_PI_64) {
      r = fma(k, real.lit(-part), r);
    }
    Expr z = mul(r, r);
    Expr sin = fma(mul(r, z), real.horner(z, real == Real.F32 ? SIN_32 : SIN_64), r);
    Expr c = real.horner(z, real == Real.F32 ? COS_32 : COS_64);
    Expr cos = fma(z, fma(z, c, real.lit(-0.5)), real.lit(1));
    Expr quadrant = real.bits(shifted);
    quadrant = quarter == 0 ? quadrant : add(quadrant, real.integer(quarter));
    Expr even = eq(and(quadrant, real.integer(1)), real.integer(0));
    Expr sign = shl(and(quadrant, real.integer(2)), real == Real.F32 ? 30 : 62);
    Expr y = real.real(xor(real.bits(select(even, sin, cos)), sign));
    return select(le(abs(x), real.lit(LIMIT)), y, real.lit(Double.NaN));
  }
}
