// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.rigor.ir.Expr.abs;
import static org.rigor.ir.Expr.add;
import static org.rigor.ir.Expr.and;
import static org.rigor.ir.Expr.div;
import static org.rigor.ir.Expr.eq;
import static org.rigor.ir.Expr.fma;
import static org.rigor.ir.Expr.gt;
import static org.rigor.ir.Expr.lt;
import static org.rigor.ir.Expr.mul;
import static org.rigor.ir.Expr.neg;
import static org.rigor.ir.Expr.or;
import static org.rigor.ir.Expr.select;
import static org.rigor.ir.Expr.sub;
import static org.rigor.ir.Expr.ushr;

import org.rigor.ir.Expr;

/**
 * Logarithms. With x = 2^e (1 + f) and 1 + f between sqrt(1/2) and sqrt(2), log x = e ln 2 + log(1
 * + f). F32 uses a minimax polynomial in f; F64 one in s^2, s = f / (2 + f), which needs half the
 * terms and a division.
 */
final class LogTrees {
  private static final double LN2_HI_32 = 0x1.62e43p-1;
  private static final double LN2_LO_32 = -0x1.05c61p-29;
  private static final double LN2_HI_64 = 0x1.62e42fefa39efp-1;
  private static final double LN2_LO_64 = 0x1.abc9e3b39803fp-56;

  /** (log1p(f) - f + f^2/2) / f^3: error 2^-27.3. */
  private static final double[] LOG_32 = {
    0x1.555554p-2,
    -0x1.00022ap-2,
    0x1.99a03cp-3,
    -0x1.54718ap-3,
    0x1.22d4ap-3,
    -0x1.0d8704p-3,
    0x1.058604p-3,
    -0x1.391b5ap-4
  };

  /** 2 (atanh(s)/s - 1) / z for z = s^2 &lt;= 0.0295: error 2^-59.5. */
  private static final double[] LOG_64 = {
    0x1.5555555555593p-1,
    0x1.999999997f9fbp-2,
    0x1.249249422a0c6p-2,
    0x1.c71c51d7ff92fp-3,
    0x1.746649a643a2ap-3,
    0x1.39a0965c773bfp-3,
    0x1.2f11789cef749p-3
  };

  private LogTrees() {}

  static Expr log(Expr x) {
    Real real = Real.of("log", x);
    Split split = Split.ofAny(real, x);
    return outsideDomain(real, x, split.log(null));
  }

  /**
   * Returns {@code y} for positive finite x; -infinity at 0, NaN below, x itself if infinite or
   * NaN.
   */
  static Expr outsideDomain(Real real, Expr x, Expr y) {
    Expr inDomain = select(gt(x, real.lit(0)), y, atPole(real, x, 0));
    return select(lt(x, real.lit(Double.POSITIVE_INFINITY)), inDomain, x);
  }

  /** Builds log(u) + c / u, where u = 1 + x rounded and c is its exact rounding error. */
  static Expr log1p(Expr x) {
    Real real = Real.of("log1p", x);
    Expr one = real.lit(1);
    Expr u = add(x, one);
    Expr correction = div(sub(x, sub(u, one)), u);
    Expr y = Split.of(real, u).log(correction);
    Expr tiny = lt(abs(x), real.lit(Math.scalb(1.0, -real.mantissa - 2)));
    Expr inDomain = select(gt(x, real.lit(-1)), y, atPole(real, x, -1));
    Expr finite = select(lt(x, real.lit(Double.POSITIVE_INFINITY)), inDomain, x);
    return select(tiny, x, finite);
  }

  private static Expr atPole(Real real, Expr x, double pole) {
    return select(eq(x, real.lit(pole)), real.lit(Double.NEGATIVE_INFINITY), real.lit(Double.NaN));
  }

  /** Split of a positive number as 2^e (1 + f). */
  record Split(Real real, Expr e, Expr f) {
    /** Splits a normal number. */
    static Split of(Real real, Expr x) {
      return of(real, x, real.lit(offset(real)));
    }

    /** Splits a number that may be subnormal. */
    static Split ofAny(Real real, Expr x) {
      int shift = real.mantissa + 1;
      Expr subnormal = lt(x, real.lit(Math.scalb(1.0, 1 - real.bias)));
      Expr normal = select(subnormal, mul(x, real.lit(Math.scalb(1.0, shift))), x);
      double offset = offset(real);
      return of(real, normal, select(subnormal, real.lit(offset + shift), real.lit(offset)));
    }

    private static double offset(Real real) {
      return Math.scalb(1.0, real.mantissa) + real.bias;
    }

    /** Moves the exponent's bits to the low digits of 2^mantissa, then subtracts {@code offset}. */
    private static Split of(Real real, Expr x, Expr offset) {
      long rootHalf =
          real == Real.F32
              ? Float.floatToIntBits((float) Math.sqrt(0.5))
              : Double.doubleToLongBits(Math.sqrt(0.5));
      Expr shifted = add(real.bits(x), real.integer(real.power(0) - rootHalf));
      Expr fraction = and(shifted, real.integer((1L << real.mantissa) - 1));
      Expr m = real.real(add(fraction, real.integer(rootHalf)));
      Expr digits = or(ushr(shifted, real.mantissa), real.integer(real.power(real.mantissa)));
      return new Split(real, sub(real.real(digits), offset), sub(m, real.lit(1)));
    }

    /** Builds e ln 2 + log(1 + f) + correction, adding the small terms first. */
    Expr log(Expr correction) {
      Expr low = mul(e, real.lit(real.pick(LN2_LO_32, LN2_LO_64)));
      if (correction != null) {
        low = add(low, correction);
      }
      Expr tail = real == Real.F32 ? tail32(low) : tail64(low);
      return fma(e, real.lit(real.pick(LN2_HI_32, LN2_HI_64)), add(f, tail));
    }

    /** low + log(1 + f) - f. */
    private Expr tail32(Expr low) {
      Expr square = mul(f, f);
      Expr cubic = fma(mul(f, square), real.horner(f, LOG_32), low);
      return fma(square, real.lit(-0.5), cubic);
    }

    /** Builds low + log(1 + f) - f, with log(1 + f) = 2 atanh(s) = f - s (f - z q(z)). */
    private Expr tail64(Expr low) {
      Expr s = div(f, add(f, real.lit(2)));
      Expr z = mul(s, s);
      return fma(s, fma(z, real.horner(z, LOG_64), neg(f)), low);
    }
  }
}
