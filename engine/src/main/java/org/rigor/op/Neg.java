// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;

/** -x. */
public record Neg() implements Pointwise {
  @Override
  public Expr body(List<Expr> x) {
    return Expr.neg(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.neg(t);
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public Value fold(Value y) {
    return y.input(0).op() instanceof Neg ? y.input(0).input(0) : y;
  }
}
