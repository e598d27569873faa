// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.rigor.ir.Expr.abs;
import static org.rigor.ir.Expr.div;
import static org.rigor.ir.Expr.eq;
import static org.rigor.ir.Expr.fma;
import static org.rigor.ir.Expr.mul;
import static org.rigor.ir.Expr.neg;
import static org.rigor.ir.Expr.select;
import static org.rigor.ir.Expr.sqrt;
import static org.rigor.ir.Expr.sub;

import org.rigor.ir.Expr;

/**
 * Inverse of the error function, with the split and the variables of Wichura's AS 241 (1988): up to
 * |x| = 0.85 in x^2, beyond it in sqrt(-log(1 - |x|)), where 1 - |x| is exact. Each part is a
 * quotient of polynomials, fitted by least squares reweighted towards the minimax; one Horner's
 * rule with selected coefficients evaluates both.
 */
final class ErfinvTree {
  /** erfinv(x)/x as P/Q in u = 0.7225 - x^2, [0, 0.7225]: error 2^-27.7. */
  private static final double[] CENTRE_P_32 = {
    0x1.32917ap+0, 0x1.4ca3bep+2, 0x1.5d1ec6p+2, 0x1.ee351cp-1, -0x1.2a7198p-5
  };

  private static final double[] CENTRE_Q_32 = {0x1.0p+0, 0x1.45dadap+2, 0x1.c0203p+2, 0x1.26717p+1};

  /** erfinv(x) as P/Q in s - 1.375, s = sqrt(-log(1 - x)) in [1.37, 4.1]: error 2^-30.1. */
  private static final double[] TAIL_P_32 = {
    0x1.03f5aap+0, 0x1.20f5e8p+1, 0x1.cc6c28p+0, 0x1.2e252cp-1, 0x1.f80342p-5
  };

  private static final double[] TAIL_Q_32 = {0x1.0p+0, 0x1.34fc12p+0, 0x1.03e6ap-1, 0x1.f79e02p-5};

  /** As above: error 2^-60.8. */
  private static final double[] CENTRE_P_64 = {
    0x1.32917a42157d1p+0,
    0x1.b2e5f20189b9fp+3,
    0x1.e4157a4314c76p+5,
    0x1.0cd71a3ffef6cp+7,
    0x1.39ea2a3bf63dap+7,
    0x1.753f71209defdp+6,
    0x1.9327158ec33a3p+4,
    0x1.2f419ab9a17a2p+1,
    0x1.195e8276487ccp-5,
    0
  };

  private static final double[] CENTRE_Q_64 = {
    0x1.0p+0,
    0x1.83343cd48858cp+3,
    0x1.d1eefa8209441p+5,
    0x1.1d282c7fe456cp+7,
    0x1.79483f31a6b37p+7,
    0x1.094b8a1e52f3ap+7,
    0x1.6cb0d7c708771p+5,
    0x1.95f1f546e6349p+2,
    0x1.cbbb5534f1b41p-3
  };

  /** As above in s - 1.375, s in [1.37, 6.08]: error 2^-57.9. */
  private static final double[] TAIL_P_64 = {
    0x1.03f5a9cdd595cp+0,
    0x1.2d973b174dfc6p+2,
    0x1.250f9873c9e5ap+3,
    0x1.38a1c604bd001p+3,
    0x1.8fed479027f49p+2,
    0x1.380bfe17f2a8fp+1,
    0x1.1ee8d343dcd23p-1,
    0x1.1b2b8e0324feep-4,
    0x1.f71711e4f40a8p-9,
    0x1.1521d96030dc9p-14
  };

  private static final double[] TAIL_Q_64 = {
    0x1.0p+0,
    0x1.cfed589d18075p+1,
    0x1.531d22dd7a5b1p+2,
    0x1.092beba06b082p+2,
    0x1.dddcaacdeaa3bp+0,
    0x1.eacbad0dc77c6p-2,
    0x1.06cd4de924e77p-4,
    0x1.eb392386591e3p-9,
    0x1.1520999bb9758p-14
  };

  private ErfinvTree() {}

  static Expr erfinv(Expr x) {
    Real real = Real.of("erfinv", x);
    boolean single = real == Real.F32;
    Expr a = abs(x);
    Expr central = Expr.lt(mul(a, a), real.lit(0.7225));
    Expr s = sqrt(neg(LogTrees.log(sub(real.lit(1), a))));
    Expr u = select(central, sub(real.lit(0.7225), mul(a, a)), sub(s, real.lit(1.375)));
    Expr p =
        horner(
            real, central, u, single ? CENTRE_P_32 : CENTRE_P_64, single ? TAIL_P_32 : TAIL_P_64);
    Expr q =
        horner(
            real, central, u, single ? CENTRE_Q_32 : CENTRE_Q_64, single ? TAIL_Q_32 : TAIL_Q_64);
    Expr size = mul(div(p, q), select(central, a, real.lit(1)));
    Expr all = select(eq(a, real.lit(1)), real.lit(Double.POSITIVE_INFINITY), size);
    return select(Expr.isNaN(all), all, real.copySign(all, x));
  }

  private static Expr horner(Real real, Expr first, Expr x, double[] a, double[] b) {
    Expr p = select(first, real.lit(a[a.length - 1]), real.lit(b[b.length - 1]));
    for (int i = a.length - 2; i >= 0; i--) {
      Expr c = a[i] == b[i] ? real.lit(a[i]) : select(first, real.lit(a[i]), real.lit(b[i]));
      p = fma(p, x, c);
    }
    return p;
  }
}
