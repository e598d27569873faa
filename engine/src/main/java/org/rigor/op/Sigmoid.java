// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;

/**
 * 1 / (1 + e^-x). Its derivative is computed as s(x) s(-x): y (1 - y) would lose all digits, and
 * vanish, where y rounds to 1.
 */
public record Sigmoid() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.sigmoid(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.mul(y, F.sigmoid(F.neg(y.input(0)))));
  }
}
