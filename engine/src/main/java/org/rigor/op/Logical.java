// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/** Elementwise connective of two BOOL operands. */
public record Logical(Kind kind) implements Pointwise {
  /** The connectives. */
  public enum Kind {
    AND,
    OR,
    XOR
  }

  @Override
  public DType dtype(List<TensorType> in) {
    if (in.get(0).dtype() != DType.BOOL || in.get(1).dtype() != DType.BOOL) {
      throw new IllegalArgumentException("operands must be bool");
    }
    return DType.BOOL;
  }

  @Override
  public Expr body(List<Expr> x) {
    return switch (kind) {
      case AND -> Expr.and(x.get(0), x.get(1));
      case OR -> Expr.or(x.get(0), x.get(1));
      case XOR -> Expr.xor(x.get(0), x.get(1));
    };
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return null;
  }
}
