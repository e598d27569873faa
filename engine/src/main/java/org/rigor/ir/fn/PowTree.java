// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir.fn;

import static org.rigor.ir.Expr.eq;
import static org.rigor.ir.Expr.mul;
import static org.rigor.ir.Expr.or;
import static org.rigor.ir.Expr.select;

import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;

/**
 * x^y = e^(y log x). The logarithm's relative error is multiplied by the exponent, so it has to be
 * known beyond the format: F32 computes in F64.
 */
final class PowTree {
  private PowTree() {}

  static Expr pow(Expr x, Expr y) {
    Real real = Real.of("pow", x);
    if (real == Real.F64) {
      throw new IllegalArgumentException("pow: needs F32, got F64");
    }
    Expr one = real.lit(1);
    Expr log = LogTrees.log(Expr.cast(x, ExprType.F64));
    Expr power = ExpTrees.exp(mul(Expr.cast(y, ExprType.F64), log));
    Expr isOne = or(eq(y, real.lit(0)), eq(x, one));
    return select(isOne, one, Expr.cast(power, ExprType.F32));
  }
}
