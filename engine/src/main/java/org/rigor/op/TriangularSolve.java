// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * X with {@code op(T) X = B} for triangular T: [M or 1, ..., n, n] and [M or 1, ..., n, k] to [M,
 * ..., n, k]. The other triangle is not read. A zero on the diagonal divides by zero.
 *
 * @param upper T is upper triangular, else lower
 * @param transposed op(T) is T', else T
 */
public record TriangularSolve(boolean upper, boolean transposed) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Solve.floating(in);
    Shape t = in.get(0).shape();
    Shape b = in.get(1).shape();
    Factorisation.square(t);
    Factorisation.count(b);
    int m = Math.max(t.models(), b.models());
    boolean leading = t.rank() == b.rank() && t.dim(-1) == b.dim(-2);
    for (int a = 1; leading && a < t.rank() - 2; a++) {
      leading = t.dim(a) == b.dim(a);
    }
    if (!leading || (t.models() != m && t.models() != 1) || (b.models() != m && b.models() != 1)) {
      throw new IllegalArgumentException(
          "operands must be [M, ..., n, n] and [M, ..., n, k], got " + t + " and " + b);
    }
    return new TensorType(in.get(0).dtype(), b.with(0, m));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value right = Solve.triangular(y.input(0), ct, upper, !transposed); // [.., n, k]
    Value outer =
        transposed ? F.matmul(y, right, false, true) : F.matmul(right, y, false, true); // [n, n]
    return List.of(
        F.sumTo(F.neg(Solve.triangle(outer, upper)), y.input(0).shape()),
        F.sumTo(right, y.input(1).shape()));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    Value right = t.get(1);
    if (t.get(0) != null) {
      Value moved =
          F.neg(F.matmul(Solve.triangle(t.get(0), upper), y, transposed, false)); // [.., n, k]
      right = F.addOrNull(right, moved);
    }
    return Solve.triangular(y.input(0), right, upper, transposed);
  }

  @Override
  public Lowering lower(Value y) {
    int n = y.shape().dim(-2);
    int k = y.shape().dim(-1);
    int items = Factorisation.count(y.shape()) * k;
    return new Lowering.Launch(
        "solve.cu",
        "triangular_solve",
        items,
        List.of(n, k, upper ? 1 : 0, transposed ? 1 : 0),
        new Lowering.Items(
            items,
            (in, out, from, to) -> {
              RealBlock t = RealBlock.of(in[0]);
              RealBlock b = RealBlock.of(in[1]);
              RealBlock x = RealBlock.of(out);
              for (int e = from; e < to; e++) {
                Factorisation.triangular(t, b, x, e, n, k, upper, transposed);
              }
            }));
  }

  /** Turns a stack of B alone into more columns of one system. */
  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value b = in.get(1);
    if (!stacked.get(0)) {
      int rank = b.shape().rank(); // [M, S, .., n, k] -> [M, .., n, S, k]
      List<Integer> order = new ArrayList<>(List.of(0));
      for (int a = 2; a < rank - 1; a++) {
        order.add(a);
      }
      order.add(1);
      order.add(rank - 1);
      Value behind = F.transpose(b, order);
      Shape wide = behind.shape();
      int k = wide.dim(-1);
      Shape joined = wide.remove(rank - 1).with(rank - 2, extent * k);
      Value x = Value.of(this, in.get(0), F.reshape(behind, joined));
      List<Integer> back = new ArrayList<>(List.of(0, rank - 2));
      for (int a = 1; a < rank - 2; a++) {
        back.add(a);
      }
      back.add(rank - 1);
      return F.transpose(F.reshape(x, wide.with(0, x.shape().models())), back);
    }
    if (!stacked.get(1)) {
      b = F.reshape(b, b.shape().insert(1, 1));
      b = F.broadcast(b, b.shape().with(1, extent));
    }
    return Value.of(this, in.get(0), b);
  }

  @Override
  public boolean linearIn(int i) {
    return i == 1;
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return y.shape().rank() > 3;
  }
}
