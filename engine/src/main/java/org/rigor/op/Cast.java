// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Collections;
import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/**
 * Conversion of the element type with the rules of Java's cast: to I32 truncates, saturates and
 * maps NaN to 0; to BOOL is {@code x != 0}. Derivatives flow between floating types only.
 */
public record Cast(DType to) implements Pointwise {
  @Override
  public DType dtype(List<TensorType> in) {
    return to;
  }

  @Override
  public Expr body(List<Expr> x) {
    return Expr.cast(x.get(0), ExprType.of(to));
  }

  /**
   * Throws: {@link #vjp} casts the cotangent back to the operand's type, {@link #jvp} the tangent
   * on to the result's.
   */
  @Override
  public Value chain(Value y, int i, Value t) {
    throw new UnsupportedOperationException("a cast has a rule for each direction");
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value x = y.input(0);
    boolean flows = to.isFloating() && x.dtype().isFloating();
    return Collections.singletonList(flows ? F.cast(ct, x.dtype()) : null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return to.isFloating() ? F.cast(t.get(0), to) : null;
  }

  @Override
  public boolean linearIn(int i) {
    return to.isFloating();
  }

  @Override
  public Value fold(Value y) {
    return y.input(0).dtype() == to ? y.input(0) : y;
  }

  /** Bounds exact conversions only. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    DType from = y.input(0).dtype();
    if (!in.get(0).isPoint() || to != DType.F64 || from == DType.BF16) {
      throw noBoundRule(y);
    }
    return Outward.sides(y, in);
  }
}
