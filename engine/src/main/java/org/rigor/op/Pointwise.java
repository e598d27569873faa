// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Expr;
import org.rigor.ir.ExprType;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * An elementwise primitive. Operands have equal rank and broadcast where an extent is 1. Its
 * Jacobian is diagonal, so one rule, {@link #chain}, serves both modes of differentiation.
 */
public interface Pointwise extends Op {
  /**
   * Returns the expression of one element; {@code args.get(i)} stands for an element of input i.
   */
  Expr body(List<Expr> args);

  /**
   * Returns the partial derivative of {@code y} with respect to input {@code i}, times {@code t}
   * elementwise; null where no derivative flows.
   */
  Value chain(Value y, int i, Value t);

  /**
   * Returns the element type of the result; by default all operands share one type and the result
   * has it.
   */
  default DType dtype(List<TensorType> in) {
    for (TensorType t : in) {
      if (t.dtype() != in.get(0).dtype()) {
        throw new IllegalArgumentException("operands must have one element type");
      }
    }
    return in.get(0).dtype();
  }

  @Override
  default TensorType type(List<TensorType> in) {
    return new TensorType(dtype(in), broadcast(in.stream().map(TensorType::shape).toList()));
  }

  @Override
  default List<Value> vjp(Value y, Value ct) {
    List<Value> out = new ArrayList<>();
    for (int i = 0; i < y.inputs().size(); i++) {
      Value x = y.input(i);
      Value g = x.dtype().isFloating() ? chain(y, i, ct) : null;
      out.add(g == null ? null : F.sumTo(g, x.shape())); // ct [out] -> [x]
    }
    return out;
  }

  @Override
  default Value jvp(Value y, List<Value> tangents) {
    Value sum = null;
    for (int i = 0; i < tangents.size(); i++) {
      if (tangents.get(i) != null) {
        sum = F.addOrNull(sum, chain(y, i, tangents.get(i)));
      }
    }
    return sum == null ? null : F.broadcast(sum, y.shape());
  }

  @Override
  default Lowering lower(Value y) {
    List<Expr> args = new ArrayList<>();
    for (int i = 0; i < y.inputs().size(); i++) {
      args.add(Expr.arg(i, ExprType.of(y.input(i).dtype())));
    }
    return new Lowering.Map(body(args));
  }

  @Override
  default Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(this, F.alignStacked(in, stacked));
  }

  @Override
  default boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return true;
  }

  /** Returns whether operands that do not move have one sample, which all samples use. */
  static boolean fixedAlike(Value y, Predicate<Value> moves) {
    return y.inputs().stream().allMatch(x -> moves.test(x) || x.shape().dim(1) == 1);
  }

  /** Returns a constant where all operands are constant. */
  @Override
  default Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    Value still = null;
    for (Value n : of) {
      if (n != null) {
        Value zero = F.eq(n, F.constant(n, 0));
        still = still == null ? zero : F.and(still, zero);
      }
    }
    return F.select(still, F.constant(fresh, 0), fresh);
  }

  /**
   * Returns the common shape of operands of equal rank.
   *
   * @throws IllegalArgumentException if ranks differ or extents differ and none is 1
   */
  static Shape broadcast(List<Shape> shapes) {
    int[] d = shapes.get(0).dims();
    for (Shape s : shapes) {
      if (s.rank() != d.length) {
        throw new IllegalArgumentException("operands must have equal rank, got " + shapes);
      }
      for (int i = 0; i < d.length; i++) {
        if (d[i] != s.dim(i) && d[i] != 1 && s.dim(i) != 1) {
          throw new IllegalArgumentException(
              "extents of axis " + i + " must be equal or 1, got " + d[i] + " and " + s.dim(i));
        }
        d[i] = d[i] == 1 ? s.dim(i) : d[i];
      }
    }
    return Shape.of(d);
  }
}
