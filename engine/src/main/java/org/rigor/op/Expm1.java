// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;

/** e^x - 1, accurate near 0. */
public record Expm1() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.expm1(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.mul(t, F.exp(y.input(0)));
  }
}
