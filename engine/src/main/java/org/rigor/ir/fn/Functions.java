// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import org.rigor.ir.Expr;

/**
 * Elementary functions as expression trees, in F32 and F64. As trees they give the same bits on
 * every device, compiled or interpreted, at any vector width. {@link UlpBounds} states how far each
 * may be from the exact value; NaN gives NaN, and zeros, infinities, subnormals, overflow and
 * underflow are as in IEEE 754 unless a method says otherwise.
 */
public final class Functions {
  private Functions() {}

  public static Expr exp(Expr x) {
    return ExpTrees.exp(x);
  }

  /** Returns e^x - 1. */
  public static Expr expm1(Expr x) {
    return ExpTrees.expm1(x);
  }

  /** Returns the natural logarithm: -infinity at both zeros, NaN below. */
  public static Expr log(Expr x) {
    return LogTrees.log(x);
  }

  /** Returns log(1 + x): -infinity at -1, NaN below. */
  public static Expr log1p(Expr x) {
    return LogTrees.log1p(x);
  }

  public static Expr tanh(Expr x) {
    return ExpTrees.tanh(x);
  }

  /** Returns 1 / (1 + e^-x). */
  public static Expr sigmoid(Expr x) {
    return ExpTrees.sigmoid(x);
  }

  /** Returns log(1 + e^x), without overflow. */
  public static Expr softplus(Expr x) {
    return ExpTrees.softplus(x);
  }

  public static Expr erf(Expr x) {
    return ErfTree.erf(x);
  }

  /** Returns the inverse of erf: infinite at 1 and -1, NaN beyond. */
  public static Expr erfinv(Expr x) {
    return ErfinvTree.erfinv(x);
  }

  /** Returns the sine for |x| &lt;= 2^17, NaN beyond. */
  public static Expr sin(Expr x) {
    return TrigTrees.sin(x);
  }

  /** Returns the cosine for |x| &lt;= 2^17, NaN beyond. */
  public static Expr cos(Expr x) {
    return TrigTrees.cos(x);
  }

  /**
   * Returns x^y for x &gt;= 0 and NaN for x &lt; 0, even where y is an integer, except that x^0 = 1
   * for every x and 1^y = 1 for every y.
   */
  public static Expr pow(Expr x, Expr y) {
    return PowTree.pow(x, y);
  }

  /** Returns 1 / sqrt(x): infinite at both zeros with their sign, NaN below. */
  public static Expr rsqrt(Expr x) {
    Real real = Real.of("rsqrt", x);
    return Expr.div(real.lit(1), Expr.sqrt(x));
  }
}
