// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.rigor.ir.Expr.abs;
import static org.rigor.ir.Expr.add;
import static org.rigor.ir.Expr.div;
import static org.rigor.ir.Expr.fma;
import static org.rigor.ir.Expr.lt;
import static org.rigor.ir.Expr.max;
import static org.rigor.ir.Expr.min;
import static org.rigor.ir.Expr.mul;
import static org.rigor.ir.Expr.neg;
import static org.rigor.ir.Expr.select;
import static org.rigor.ir.Expr.shl;
import static org.rigor.ir.Expr.sub;

import java.util.Arrays;
import org.rigor.ir.Expr;

/**
 * The exponential and functions built on it. With n = round(x / ln 2) and r = x - n ln 2, |r| &lt;=
 * 0.3466, e^x = 2^n e^r, and e^r is a minimax polynomial (Remez exchange on the relative error,
 * then rounded to the format).
 */
final class ExpTrees {
  private static final double LOG2E_32 = 0x1.715476p0;
  private static final double LOG2E_64 = 0x1.71547652b82fep0;
  // ln 2 split so that n times the high part is exact.
  private static final double LN2_HI_32 = 0x1.62ep-1;
  private static final double LN2_LO_32 = 0x1.0bfbe8p-15;
  private static final double LN2_HI_64 = 0x1.62e42feep-1;
  private static final double LN2_LO_64 = 0x1.a39ef35793c76p-33;

  /** e^r: error 2^-28.0 (F32) and 2^-56.4 (F64) before evaluation. */
  private static final double[] EXP_32 = {
    1, 1, 0x1.fffffcp-2, 0x1.555492p-3, 0x1.5558f2p-5, 0x1.123a0ap-7, 0x1.6a23dep-10
  };

  private static final double[] EXP_64 = {
    1,
    1,
    0x1.000000000000ap-1,
    0x1.55555555554f9p-3,
    0x1.5555555550869p-5,
    0x1.1111111127faap-7,
    0x1.6c16c18431313p-10,
    0x1.a01a012955512p-13,
    0x1.a01999f4259b1p-16,
    0x1.71df270ebbdb6p-19,
    0x1.28ad8c61f53fdp-22,
    0x1.ad7d65c437466p-26
  };

  /** (e^r - 1 - r) / r^2: error 2^-28.8 and 2^-60.0 relative to e^r - 1. */
  private static final double[] EXPM1_32 = {
    0x1.0p-1, 0x1.555554p-3, 0x1.5554b2p-5, 0x1.11118cp-7, 0x1.6d722p-10, 0x1.a02ee6p-13
  };

  private static final double[] EXPM1_64 = {
    0x1.0p-1,
    0x1.5555555555559p-3,
    0x1.555555555553fp-5,
    0x1.111111110f6cbp-7,
    0x1.6c16c16c1f0a6p-10,
    0x1.a01a01afdaa50p-13,
    0x1.a01a017bc1e99p-16,
    0x1.71ddf86c0247cp-19,
    0x1.27e5362322e4ap-22,
    0x1.af5e986219513p-26,
    0x1.1ee8b0b49fb90p-29
  };

  /** (tanh(x)/x - 1) / z for z = x^2 &lt;= 1: error 2^-27.7. */
  private static final double[] TANH_32 = {
    -0x1.55553cp-2,
    0x1.110be4p-3,
    -0x1.b96236p-5,
    0x1.60096ep-6,
    -0x1.045edep-7,
    0x1.2d9b8cp-9,
    -0x1.77bf76p-12
  };

  /** 2 (atanh(s)/s - 1) / z for z = s^2 &lt;= 1/9: errors 2^-33.0 and 2^-64.5. */
  private static final double[] LOG1P_32 = {
    0x1.555558p-1, 0x1.9996d8p-2, 0x1.250510p-2, 0x1.b72bbcp-3, 0x1.f08ad2p-3
  };

  private static final double[] LOG1P_64 = {
    0x1.5555555555556p-1,
    0x1.9999999999657p-2,
    0x1.24924924ba44fp-2,
    0x1.c71c71a9b2c21p-3,
    0x1.745d1d6fe2946p-3,
    0x1.3b12e3d1b5efcp-3,
    0x1.11226934f248dp-3,
    0x1.dff447b7ba9bdp-4,
    0x1.c0fed5919ead0p-4,
    0x1.2016acd1b42f3p-4,
    0x1.4ffda10f3fd45p-3
  };

  private ExpTrees() {}

  /** x = n ln 2 + r, the integer n in the low bits of {@code shifted}. */
  private record Reduced(Expr shifted, Expr r) {
    static Reduced of(Real real, Expr x) {
      Expr magic = real.lit(real.magic);
      Expr shifted = fma(x, real.lit(real.pick(LOG2E_32, LOG2E_64)), magic);
      Expr n = sub(shifted, magic);
      Expr r = fma(n, real.lit(-real.pick(LN2_HI_32, LN2_HI_64)), x);
      return new Reduced(shifted, fma(n, real.lit(-real.pick(LN2_LO_32, LN2_LO_64)), r));
    }

    /** 2^(n + offset), where {@code offset} holds the bits of a power of two. */
    Expr power(Real real, Expr offset) {
      return real.real(add(shl(real.bits(shifted), real.mantissa), offset));
    }

    Expr power(Real real, int offset) {
      return power(real, real.integer(real.power(offset)));
    }

    Expr exp(Real real) {
      return real.horner(r, real == Real.F32 ? EXP_32 : EXP_64);
    }

    Expr expm1(Real real) {
      return fma(mul(r, r), real.horner(r, real == Real.F32 ? EXPM1_32 : EXPM1_64), r);
    }
  }

  /**
   * Builds e^x. 2^n may lie outside the format although e^x does not, so negative arguments are
   * computed 2^32 too large (2^64 for F64) and others half as large. The exact factor comes last,
   * so a subnormal result is rounded once.
   */
  static Expr exp(Expr x) {
    Real real = Real.of("exp", x);
    int shift = real == Real.F32 ? 32 : 64;
    Reduced reduced = Reduced.of(real, real.clamp(x, real.pick(-104, -746), real.pick(89, 710)));
    Expr negative = lt(x, real.lit(0));
    Expr offset = select(negative, real.integer(real.power(shift)), real.integer(real.power(-1)));
    Expr factor = select(negative, real.lit(Math.scalb(1.0, -shift)), real.lit(2));
    return mul(mul(reduced.exp(real), reduced.power(real, offset)), factor);
  }

  /** Builds 2 (p 2^(n-1) + (2^(n-1) - 1/2)) with p = e^r - 1; the halves keep n = 128 in range. */
  static Expr expm1(Expr x) {
    Real real = Real.of("expm1", x);
    Reduced reduced = Reduced.of(real, real.clamp(x, real.pick(-18, -40), real.pick(89, 710)));
    Expr half = reduced.power(real, -1);
    Expr sum = fma(reduced.expm1(real), half, sub(half, real.lit(0.5)));
    // For tiny x the result is x; this keeps -0 and the subnormals.
    Expr tiny = lt(abs(x), real.lit(Math.scalb(1.0, -real.mantissa - 3)));
    return select(tiny, x, mul(real.lit(2), sum));
  }

  /**
   * Builds 2^-n / (2^-n + e^r) with -x = n ln 2 + r. Written as (2^-n + (e^r - 1)) + 1, the
   * denominator avoids the rounding of e^r. Everything is scaled up by 2^32 (2^64) for subnormal
   * results.
   */
  static Expr sigmoid(Expr x) {
    Real real = Real.of("sigmoid", x);
    int shift = real == Real.F32 ? 32 : 64;
    Expr descale = real.lit(Math.scalb(1.0, -shift));
    // From the upper limit on the result rounds to 1.
    Expr minusX = neg(real.clamp(x, real.pick(-104, -746), real.pick(20, 40)));
    Reduced reduced = Reduced.of(real, minusX);
    Expr n = shl(real.bits(reduced.shifted), real.mantissa);
    Expr scaled = real.real(sub(real.integer(real.power(shift)), n));
    double[] exp = real == Real.F32 ? EXP_32 : EXP_64;
    Expr slope = real.horner(reduced.r, Arrays.copyOfRange(exp, 1, exp.length));
    Expr denominator = add(fma(reduced.r, slope, mul(scaled, descale)), real.lit(1));
    return mul(div(scaled, denominator), descale);
  }

  /** max(x, 0) + log1p(e^-|x|). */
  static Expr softplus(Expr x) {
    Real real = Real.of("softplus", x);
    int shift = real == Real.F32 ? 32 : 64;
    Expr y = max(neg(abs(x)), real.lit(real.pick(-104, -746)));
    Reduced reduced = Reduced.of(real, y);
    Expr scaled = mul(reduced.exp(real), reduced.power(real, shift));
    Expr e = mul(scaled, real.lit(Math.scalb(1.0, -shift)));
    Expr s = div(e, add(e, real.lit(2)));
    Expr z = mul(s, s);
    Expr q = real.horner(z, real == Real.F32 ? LOG1P_32 : LOG1P_64);
    // log1p(e) = 2 atanh(s) = e - s (e - z q)
    Expr log1p = fma(s, fma(z, q, neg(e)), e);
    return add(max(x, real.lit(0)), log1p);
  }

  static Expr tanh(Expr x) {
    Real real = Real.of("tanh", x);
    return real == Real.F32 ? tanh32(x) : tanh64(x);
  }

  /** A polynomial below 1, else 1 - 2 / (e^2|x| + 1). */
  private static Expr tanh32(Expr x) {
    Real real = Real.F32;
    Expr a = abs(x);
    Expr z = mul(x, x);
    Expr small = fma(mul(a, z), real.horner(z, TANH_32), a);
    Expr limited = min(a, real.lit(10));
    Reduced reduced = Reduced.of(real, add(limited, limited));
    Expr denominator = fma(reduced.exp(real), reduced.power(real, 0), real.lit(1));
    Expr large = sub(real.lit(1), div(real.lit(2), denominator));
    return real.copySign(select(lt(a, real.lit(1)), small, large), x);
  }

  /** m / (m + 2) with m = expm1(2|x|). */
  private static Expr tanh64(Expr x) {
    Real real = Real.F64;
    Expr a = min(abs(x), real.lit(20));
    Reduced reduced = Reduced.of(real, add(a, a));
    Expr power = reduced.power(real, 0);
    Expr m = fma(reduced.expm1(real), power, sub(power, real.lit(1)));
    return real.copySign(div(m, add(m, real.lit(2))), x);
  }

  /** 1 - e^q for q in [-40, 0]: the outer branch of erf. */
  static Expr oneMinusExp(Real real, Expr q) {
    Reduced reduced = Reduced.of(real, q);
    Expr minusPower = reduced.power(real, real.integer(real.power(0) | real.sign()));
    return fma(reduced.exp(real), minusPower, real.lit(1));
  }
}
