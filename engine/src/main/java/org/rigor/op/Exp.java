// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;

/** e^x. */
public record Exp() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.exp(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, y);
  }
}
