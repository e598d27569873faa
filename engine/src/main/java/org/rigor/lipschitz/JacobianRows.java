// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.MatMul;
import org.rigor.op.Reshape;
import org.rigor.op.Transpose;
import org.rigor.tensor.Shape;

/** All rows of the Jacobian of each sample as one stacked vector-Jacobian product. */
final class JacobianRows {
  private JacobianRows() {}

  /** Returns the rows of the derivative of y [M, B, K] by x [M, B, features...]: [M, B, K, D]. */
  static Value of(Value y, Value x) {
    return F.transpose(stacked(y, x), List.of(0, 2, 1, 3));
  }

  /** Returns the same rows as [M, K, B, D]. */
  private static Value stacked(Value y, Value x) {
    int k = y.shape().dim(-1);
    Value ct = F.fill(y.dtype(), y.shape(), 1);
    Value gradient = Diff.vjp(y, ct, List.of(x)).get(0);
    Value unit = F.cast(F.eq(F.iota(4, 1, k), F.iota(4, 3, k)), y.dtype()); // [1, K, 1, K]
    Value stacked = F.broadcast(unit, y.shape().insert(1, k));
    Value rows = Diff.stack(List.of(gradient), Map.of(ct, stacked), k).get(0); // [M, K, B, ..]
    Shape s = rows.shape();
    int d = Math.toIntExact(s.size() / s.dim(0) / s.dim(1) / s.dim(2));
    return F.reshape(rows, Shape.of(s.dim(0), k, s.dim(2), d));
  }

  /**
   * Returns J J' of each sample, [M, B, K, K]. Where x enters by one product with a matrix W of
   * fewer columns than x has features, J = A W' is never formed: J J' = A (W'W) A', and W'W is the
   * same for all samples.
   */
  static Value gram(Value y, Value x) {
    Value z = firstProduct(y, x);
    if (z == null) {
      Value rows = of(y, x);
      return F.matmul(rows, rows, false, true);
    }
    Value s = squared(z);
    Value a = stacked(y, z); // [M, K, B, H]
    Shape shape = a.shape();
    Value flat = F.reshape(a, Shape.of(shape.dim(0), shape.dim(1) * shape.dim(2), shape.dim(3)));
    Value wide = F.matmul(flat, s);
    List<Integer> samples = List.of(0, 2, 1, 3);
    Value left = F.transpose(F.reshape(wide, shape), samples);
    return F.matmul(left, F.transpose(a, samples), false, true);
  }

  /** Returns W'W, [M or 1, H, H], of a product with W. */
  static Value squared(Value product) {
    boolean tb = ((MatMul) product.op()).tb();
    Value w = product.input(1);
    return F.matmul(w, w, !tb, tb);
  }

  /**
   * Returns the product of x with a stored matrix of fewer columns than x has features, if y
   * depends on x only through it; else null. A computed matrix would be rounded, which no bound
   * here accounts for.
   */
  static Value firstProduct(Value y, Value x) {
    List<Value> order = Program.topological(List.of(y));
    Value at = x;
    while (true) {
      Value from = at;
      List<Value> readers = order.stream().filter(v -> v.inputs().contains(from)).toList();
      if (readers.size() != 1) {
        return null;
      }
      Value v = readers.get(0);
      boolean rows = v.shape().rank() == 3 && v.shape().dim(1) == x.shape().dim(1);
      if (v.op() instanceof Reshape && rows) {
        at = v;
      } else if (v.op() instanceof MatMul m && rows && !m.ta() && v.input(0) == at) {
        boolean narrow = v.shape().dim(-1) < at.shape().dim(-1) && v.input(1) != at;
        return narrow && isStored(v.input(1)) ? v : null;
      } else {
        return null;
      }
    }
  }

  private static boolean isStored(Value v) {
    Value from = v;
    while (from.op() instanceof Reshape || from.op() instanceof Transpose) {
      from = from.input(0);
    }
    return from.isInput();
  }
}
