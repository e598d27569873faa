// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;

/** log(1 + e^x). */
public record Softplus() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.softplus(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.sigmoid(y.input(0)));
  }
}
