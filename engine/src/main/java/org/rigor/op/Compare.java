// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Expr;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/** Elementwise comparison to BOOL; false where an operand is NaN, except NE, which is true. */
public record Compare(Kind kind) implements Pointwise {
  /** The six comparisons. */
  public enum Kind {
    LT,
    LE,
    GT,
    GE,
    EQ,
    NE
  }

  @Override
  public DType dtype(List<TensorType> in) {
    Pointwise.super.dtype(in);
    return DType.BOOL;
  }

  @Override
  public Expr body(List<Expr> x) {
    Expr a = x.get(0);
    Expr b = x.get(1);
    return switch (kind) {
      case LT -> Expr.lt(a, b);
      case LE -> Expr.le(a, b);
      case GT -> Expr.gt(a, b);
      case GE -> Expr.ge(a, b);
      case EQ -> Expr.eq(a, b);
      case NE -> Expr.ne(a, b);
    };
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return null;
  }

  /** Returns whether {@code y} tests x - x = 0, as {@link F#isFinite} does; every real x passes. */
  public static boolean asksIfFinite(Value y) {
    return y.op() instanceof Compare c
        && c.kind == Kind.EQ
        && y.input(0).op() instanceof Sub
        && y.input(0).input(0) == y.input(0).input(1)
        && y.input(1).op() instanceof Fill zero
        && zero.value() == 0;
  }

  /**
   * Bounds the test of {@link #asksIfFinite}, which always holds. The outcome of any other
   * comparison is known only for known operands.
   */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    if (!asksIfFinite(y)) {
      throw noBoundRule(y);
    }
    Value same = F.fill(DType.I32, y.shape(), 0);
    return Interval.point(F.eq(same, same));
  }
}
