// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/** Negation of a BOOL operand. */
public record Not() implements Pointwise {
  @Override
  public DType dtype(List<TensorType> in) {
    if (in.get(0).dtype() != DType.BOOL) {
      throw new IllegalArgumentException("the operand must be bool");
    }
    return DType.BOOL;
  }

  @Override
  public Expr body(List<Expr> x) {
    return Expr.not(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return null;
  }

  @Override
  public Value fold(Value y) {
    return y.input(0).op() instanceof Not ? y.input(0).input(0) : y;
  }
}
