// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;

/**
 * x^p as {@link Functions#pow}: NaN for {@code x < 0}; x^0 and 1^p are 1. The derivative with
 * respect to x is 0 where p is 0, that with respect to p is 0 where x is 0.
 */
public record Pow() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.pow(x.get(0), x.get(1));
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
