// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;

/**
 * x^p for x >= 0, NaN for x < 0; x^0 and 1^p are 1. F32 as {@link Functions#pow}; F64 is e^(p log
 * x), with a relative error of about |p log x| 2^-53. The derivative with respect to x is 0 where p
 * is 0, that with respect to p is 0 where x is 0.
 */
public record Pow() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return x.get(0).type() == ExprType.F32
        ? Functions.pow(x.get(0), x.get(1))
        : doublePower(x.get(0), x.get(1));
  }

  private static Expr doublePower(Expr x, Expr p) {
    Expr one = Expr.literal(ExprType.F64, 1);
    Expr always = Expr.or(Expr.eq(p, Expr.literal(ExprType.F64, 0)), Expr.eq(x, one));
    return Expr.select(always, one, Functions.exp(Expr.mul(p, Functions.log(x))));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value x = y.input(0);
    Value p = y.input(1);
    Value zero = F.constant(y, 0);
    Value d =
        i == 0
            ? F.select(F.eq(p, zero), zero, F.mul(p, F.pow(x, F.sub(p, F.constant(p, 1)))))
            : F.select(F.eq(x, zero), zero, F.mul(y, F.log(x)));
    return F.mul(t, d);
  }
}
