// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/**
 * Random words to multiples of 2^-24 (F32, from one word) or 2^-53 (F64, from two, high first) in
 * [0, 1), exactly; see {@link org.rigor.tensor.Philox#toFloat}.
 */
public record UnitInterval(DType to) implements Pointwise {
  @Override
  public DType dtype(List<TensorType> in) {
    int words = to == DType.F64 ? 2 : 1;
    if (in.size() != words || in.stream().anyMatch(t -> t.dtype() != DType.I32)) {
      throw new IllegalArgumentException(to + " needs " + words + " i32 operands");
    }
    return to;
  }

  @Override
  public Expr body(List<Expr> x) {
    if (to != DType.F64) {
      Expr k = Expr.cast(Expr.ushr(x.get(0), 8), ExprType.F32);
      return Expr.mul(k, Expr.literal(ExprType.F32, 0x1p-24));
    }
    Expr high = Expr.cast(Expr.ushr(x.get(0), 5), ExprType.F64);
    Expr low = Expr.cast(Expr.ushr(x.get(1), 6), ExprType.F64);
    Expr scaled = Expr.mul(high, Expr.literal(ExprType.F64, 0x1p-27));
    return Expr.add(scaled, Expr.mul(low, Expr.literal(ExprType.F64, 0x1p-53)));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return null;
  }
}
