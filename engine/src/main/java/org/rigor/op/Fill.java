// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Tensor of one repeated number, usually of extents 1 and broadcast where it is used. */
public record Fill(DType dtype, Shape shape, double value) implements Pointwise {
  @Override
  public TensorType type(List<TensorType> in) {
    return new TensorType(dtype, shape);
  }

  @Override
  public Expr body(List<Expr> none) {
    return Expr.constant(ExprType.of(dtype), value);
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    throw new IllegalStateException("a constant has no operand");
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Interval.point(y);
  }
}
