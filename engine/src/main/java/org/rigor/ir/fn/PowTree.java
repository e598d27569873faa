// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.rigor.ir.Expr.abs;
import static org.rigor.ir.Expr.add;
import static org.rigor.ir.Expr.div;
import static org.rigor.ir.Expr.eq;
import static org.rigor.ir.Expr.fma;
import static org.rigor.ir.Expr.lt;
import static org.rigor.ir.Expr.mul;
import static org.rigor.ir.Expr.neg;
import static org.rigor.ir.Expr.or;
import static org.rigor.ir.Expr.select;
import static org.rigor.ir.Expr.sub;

import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;

/**
 * x^y = e^(y log x). The exponent multiplies the relative error of the logarithm, which therefore
 * needs more precision than the format: F32 computes in F64, F64 in pairs of doubles.
 */
final class PowTree {
  // ln 2 = high + low; e times the high part is exact.
  private static final double LN2_HI = 0x1.62e42feep-1;
  private static final double LN2_LO = 0x1.a39ef35793c76p-33;

  // 2/3 = high + low.
  private static final double TWO_THIRDS_HI = 0x1.5555555555555p-1;
  private static final double TWO_THIRDS_LO = 0x1.5555555555555p-55;

  /** (2 (atanh(s)/s - 1) / z - 2/3) / z for z = s^2 &lt;= 0.0295: error 2^-66.3 in the log. */
  private static final double[] LOG = {
    0x1.9999999999b31p-2,
    0x1.2492492457b72p-2,
    0x1.c71c722d93492p-3,
    0x1.745ce9d341e40p-3,
    0x1.3b1eef124bfb1p-3,
    0x1.0f7fa0284b7cap-3,
    0x1.0e456fbd3ef90p-3
  };

  private PowTree() {}

  static Expr pow(Expr x, Expr y) {
    Real real = Real.of("pow", x);
    Expr one = real.lit(1);
    Expr isOne = or(eq(y, real.lit(0)), eq(x, one));
    return select(isOne, one, real == Real.F32 ? pow32(x, y) : pow64(x, y));
  }

  private static Expr pow32(Expr x, Expr y) {
    Expr log = LogTrees.log(Expr.cast(x, ExprType.F64));
    return Expr.cast(ExpTrees.exp(mul(Expr.cast(y, ExprType.F64), log)), ExprType.F32);
  }

  /** e^(h + l) = e^h + e^h l, where h + l = y log x. */
  private static Expr pow64(Expr x, Expr y) {
    Real real = Real.F64;
    Pair log = log(x);
    Expr high = LogTrees.outsideDomain(real, x, log.high);
    Expr h = mul(y, high);
    Expr l = fma(y, log.low, fma(y, high, neg(h)));
    // Far outside the range of the exponential l may be NaN; there e^h alone is the result.
    Expr matters = lt(abs(h), real.lit(1000));
    Expr e = ExpTrees.exp(h);
    Expr corrected = fma(e, select(matters, l, real.lit(0)), e);
    return select(lt(e, real.lit(Double.POSITIVE_INFINITY)), corrected, e);
  }

  /** Unevaluated sum whose second term is at most half an ulp of the first. */
  private record Pair(Expr high, Expr low) {
    /** Returns a + b exactly, for |a| &gt;= |b| or a = 0. */
    static Pair sum(Expr a, Expr b) {
      Expr high = add(a, b);
      return new Pair(high, sub(b, sub(high, a)));
    }

    /** Returns a * b exactly. */
    static Pair product(Expr a, Expr b) {
      Expr high = mul(a, b);
      return new Pair(high, fma(a, b, neg(high)));
    }

    /** Returns the product to about twice the precision. */
    Pair times(Pair o) {
      Pair p = product(high, o.high);
      return new Pair(p.high, fma(high, o.low, fma(low, o.high, p.low)));
    }
  }

  /**
   * Builds log x = e ln 2 + s (2 + z R(z)), s = f / (2 + f), z = s^2, with an error of about 2^-64.
   */
  private static Pair log(Expr x) {
    Real real = Real.F64;
    LogTrees.Split split = LogTrees.Split.ofAny(real, x);
    Expr f = split.f();
    Pair d = Pair.sum(real.lit(2), f);
    Expr quotient = div(f, d.high);
    Expr rest = fma(neg(quotient), d.low, fma(neg(quotient), d.high, f));
    Pair s = new Pair(quotient, div(rest, d.high));
    Pair z = s.times(s);
    Expr small = mul(z.high, real.horner(z.high, LOG));
    Pair r = Pair.sum(real.lit(TWO_THIRDS_HI), small);
    r = new Pair(r.high, add(r.low, real.lit(TWO_THIRDS_LO)));
    Pair zr = z.times(r);
    Pair factor = Pair.sum(real.lit(2), zr.high);
    Pair log1p = s.times(new Pair(factor.high, add(factor.low, zr.low)));
    Expr eLow = mul(split.e(), real.lit(LN2_LO));
    Pair sum = Pair.sum(mul(split.e(), real.lit(LN2_HI)), log1p.high);
    return Pair.sum(sum.high, add(sum.low, add(log1p.low, eLow)));
  }
}
