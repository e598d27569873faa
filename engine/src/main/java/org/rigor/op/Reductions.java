// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Rules common to the reductions: their shapes, and where their axes go when stacked. */
final class Reductions {
  private Reductions() {}

  static TensorType type(TensorType in, List<Integer> axes, DType dtype) {
    if (axes.isEmpty()) {
      throw new IllegalArgumentException("a reduction needs at least one axis");
    }
    if (in.dtype() == DType.BOOL) {
      throw new IllegalArgumentException("a reduction needs numbers, got " + in);
    }
    Shape s = in.shape();
    for (int a : axes) {
      if (a < 0 || a >= s.rank()) {
        throw new IllegalArgumentException("axis " + a + " is outside rank " + s.rank());
      }
      s = s.with(a, 1);
    }
    return new TensorType(dtype, s);
  }

  /** Returns the axes after one is inserted behind the model axis. */
  static List<Integer> shifted(List<Integer> axes) {
    return axes.stream().map(a -> a == 0 ? 0 : a + 1).toList();
  }

  /**
   * @throws IllegalArgumentException if {@code stacked}
   */
  static void refuseStacked(String op, String operands, boolean stacked) {
    if (stacked) {
      throw new IllegalArgumentException(op + ": stacking " + operands + " is not supported");
    }
  }

  /** Exchanges axes 1 and 2: a stack becomes part of the rows behind axis 1, and back. */
  static List<Integer> swapStack(int rank) {
    List<Integer> order = new ArrayList<>();
    for (int a = 0; a < rank; a++) {
      order.add(a == 1 ? 2 : a == 2 ? 1 : a);
    }
    return order;
  }

  /** Exchanges the last two axes. */
  static List<Integer> swapLast(int rank) {
    List<Integer> order = new ArrayList<>();
    for (int a = 0; a < rank; a++) {
      order.add(a == rank - 1 ? rank - 2 : a == rank - 2 ? rank - 1 : a);
    }
    return order;
  }

  /** Returns [M, S * n, ..] for [M, S, n, ..]. */
  static Shape joinStack(Shape s) {
    return s.remove(1).with(1, Math.multiplyExact(s.dim(1), s.dim(2)));
  }

  /** Clamps indices [M, S, B] to [0, n) and shifts them to point into a table of S * n rows. */
  static Value stackedIndex(Value index, int n) {
    Value inside = F.clamp(index, 0, n - 1);
    return F.add(inside, F.mul(F.iota(3, 1, index.shape().dim(1)), n));
  }

  /**
   * Returns the cotangent of an extremum's operand: the elements that attain it share {@code ct}
   * equally.
   */
  static List<Value> sharedVjp(Value y, List<Integer> axes, Value ct) {
    Value x = y.input(0);
    Value attained = F.eq(x, y); // [.., n, ..]
    Value each = F.div(ct, count(attained, axes, x)); // [.., 1, ..]
    return List.of(F.select(attained, each, F.constant(ct, 0)));
  }

  /** Returns the tangent of an extremum: the mean tangent of the elements that attain it. */
  static Value sharedJvp(Value y, List<Integer> axes, Value t) {
    Value x = y.input(0);
    Value attained = F.eq(x, y);
    Value sum = F.sum(F.select(attained, t, F.constant(t, 0)), axes);
    Value n = count(attained, axes, x);
    return F.select(F.gt(n, F.constant(n, 0)), F.div(sum, n), F.constant(n, 0));
  }

  private static Value count(Value attained, List<Integer> axes, Value like) {
    return F.sum(F.cast(attained, like.dtype()), axes);
  }
}
