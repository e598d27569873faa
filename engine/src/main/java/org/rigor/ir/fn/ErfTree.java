// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.rigor.ir.Expr.abs;
import static org.rigor.ir.Expr.fma;
import static org.rigor.ir.Expr.lt;
import static org.rigor.ir.Expr.min;
import static org.rigor.ir.Expr.mul;
import static org.rigor.ir.Expr.select;

import org.rigor.ir.Expr;

/**
 * The error function: below 1 the polynomial |x| + |x| g(x^2), above it 1 - e^q(|x|) with q a
 * minimax polynomial for log erfc, weighted by what it does to erf.
 */
final class ErfTree {
  /** erf(x)/x - 1 in z = x^2 &lt;= 1: errors 2^-29.4 and 2^-56. */
  private static final double[] INNER_32 = {
    0x1.06eba8p-3,
    -0x1.81273ep-2,
    0x1.ce2ce6p-4,
    -0x1.b7f71ap-6,
    0x1.53f242p-8,
    -0x1.a3515cp-11,
    0x1.4771eap-14
  };

  /** log erfc on [1, 3.95]: error 2^-35.2 in erf. */
  private static final double[] OUTER_32 = {
    0x1.8b3dccp-13,
    -0x1.212c2cp+0,
    -0x1.4434f6p-1,
    -0x1.bc1896p-4,
    0x1.9d0b38p-6,
    -0x1.13981cp-8,
    0x1.cee8acp-12,
    -0x1.6c04ecp-16
  };

  private static final double[] INNER_64 = {
    0x1.06eba8214db68p-3,
    -0x1.812746b03799dp-2,
    0x1.ce2f21a03f8bcp-4,
    -0x1.b82ce311a9976p-6,
    0x1.565bcceedf775p-8,
    -0x1.c02daeb818ddep-11,
    0x1.f9a296d591072p-14,
    -0x1.f4c8316e7fac8p-17,
    0x1.b96b739eed46dp-20,
    -0x1.5b8d3327812d7p-23,
    0x1.d3e3b5a7d5ba9p-27,
    -0x1.a2520ce22c675p-31
  };

  /** log erfc on [1, 5.95]: error 2^-55.5 in erf. */
  private static final double[] OUTER_64 = {
    -0x1.0de1705e6350cp-21,
    -0x1.20dd1fda52964p+0,
    -0x1.45f6271c3943fp-1,
    -0x1.a4ac61447c260p-4,
    0x1.3722b7a3eab29p-6,
    0x1.ae877c7077aecp-12,
    -0x1.f63dd1b5b8279p-10,
    0x1.94055015b3d4cp-11,
    -0x1.1b2d1e1f05539p-13,
    -0x1.543131a750f86p-16,
    0x1.7ef6e63c85c79p-16,
    -0x1.22dc8d25af626p-17,
    0x1.1eaecce54553dp-19,
    -0x1.90e24719921ffp-22,
    0x1.8ed3a1d9a17b3p-25,
    -0x1.0e67ba050b2a7p-28,
    0x1.c1c95788d6fa0p-33,
    -0x1.5aec0df83c940p-38
  };

  private ErfTree() {}

  static Expr erf(Expr x) {
    Real real = Real.of("erf", x);
    boolean single = real == Real.F32;
    Expr a = abs(x);
    Expr inner = fma(a, real.horner(mul(x, x), single ? INNER_32 : INNER_64), a);
    // Beyond the limit erf rounds to 1.
    Expr limited = min(a, real.lit(real.pick(3.95, 5.95)));
    Expr q = real.horner(limited, single ? OUTER_32 : OUTER_64);
    Expr outer = ExpTrees.oneMinusExp(real, q);
    return real.copySign(select(lt(a, real.lit(1)), inner, outer), x);
  }
}
