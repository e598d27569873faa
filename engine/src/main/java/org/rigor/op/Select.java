// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/** {@code condition ? a : b}; the branch not taken never leaks, NaN included. */
public record Select() implements Pointwise {
  @Override
  public DType dtype(List<TensorType> in) {
    if (in.get(0).dtype() != DType.BOOL || in.get(1).dtype() != in.get(2).dtype()) {
      throw new IllegalArgumentException("operands must be bool, T, T");
    }
    return in.get(1).dtype();
  }

  @Override
  public Expr body(List<Expr> x) {
    return Expr.select(x.get(0), x.get(1), x.get(2));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    Value zero = F.constant(t, 0);
    return switch (i) {
      case 1 -> F.select(y.input(0), t, zero);
      case 2 -> F.select(y.input(0), zero, t);
      default -> null;
    };
  }

  @Override
  public boolean additive() {
    return true;
  }

  @Override
  public int roundings(Value y, int i) {
    return Outward.summed(y, i);
  }

  /** Joins both branches where the condition is undecided. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    if (in.get(0).isPoint()) {
      return Outward.sides(y, in);
    }
    Interval a = in.get(1);
    Interval b = in.get(2);
    return new Interval(
        F.broadcast(F.minimum(a.lower(), b.lower()), y.shape()),
        F.broadcast(F.maximum(a.upper(), b.upper()), y.shape()));
  }
}
