// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/**
 * I32 position of the first maximum along {@code axes}, counted row-major over them; a NaN counts
 * as the maximum. Reduced axes keep extent 1.
 */
public record ArgMax(List<Integer> axes) implements Op {
  public ArgMax {
    axes = List.copyOf(axes);
  }

  @Override
  public TensorType type(List<TensorType> in) {
    return Reductions.type(in.get(0), axes, DType.I32);
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return Collections.singletonList(null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return null;
  }

  @Override
  public Lowering lower(Value y) {
    Expr x = Expr.arg(0, ExprType.of(y.input(0).dtype()));
    return new Lowering.Reduce(Lowering.Reduce.Kind.ARGMAX, axes, x);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(new ArgMax(Reductions.shifted(axes)), in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return !axes.contains(0) && !axes.contains(1);
  }
}
