// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Elements of the last axis by index: [M or 1, ..., K] and I32 [M or 1, ..., J] with the same
 * leading extents to [M, ..., J]. An index outside [0, K) reads the nearest element inside.
 */
public record TakeAlong() implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    if (in.get(1).dtype() != DType.I32) {
      throw new IllegalArgumentException("indices must be i32, got " + in.get(1));
    }
    Shape x = in.get(0).shape();
    Shape index = in.get(1).shape();
    int m = alike(x, index);
    return new TensorType(in.get(0).dtype(), index.with(0, m));
  }

  /** Returns the models of two operands whose extents agree between the model axis and the last. */
  static int alike(Shape a, Shape b) {
    int m = Math.max(a.models(), b.models());
    boolean models = (a.models() == 1 || a.models() == m) && (b.models() == 1 || b.models() == m);
    boolean same = models && a.rank() == b.rank() && a.rank() >= 2;
    for (int k = 1; same && k < a.rank() - 1; k++) {
      same = a.dim(k) == b.dim(k);
    }
    if (!same) {
      throw new IllegalArgumentException(
          "operands must agree in all axes but the last, got " + a + " and " + b);
    }
    return m;
  }

  /** Undoes a sorting permutation with the positions that sort it; other indices scatter. */
  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value x = y.input(0);
    Value index = y.input(1);
    Value back =
        !index.isInput() && index.op() instanceof ArgSort
            ? Value.of(this, ct, Value.of(new ArgSort(false), index))
            : Value.of(new ScatterAlong(x.shape().dim(-1)), ct, index); // [.., J] -> [.., K]
    return Arrays.asList(F.sumTo(back, x.shape()), null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return t.get(0) == null ? null : Value.of(this, t.get(0), y.input(1));
  }

  @Override
  public Lowering lower(Value y) {
    int k = y.input(0).shape().dim(-1);
    int j = y.shape().dim(-1);
    int items = Math.toIntExact(y.shape().size() / y.shape().models());
    return new Lowering.Launch(
        "order.cu",
        "take_along",
        items,
        List.of(k, j),
        new Lowering.Items(
            items,
            (in, out, from, to) -> {
              int[] index = in[1].ints();
              for (int e = from; e < to; e++) {
                int at = Math.max(0, Math.min(k - 1, index[in[1].offset() + e]));
                in[0].copyTo(e / j * k + at, out, e, 1);
              }
            }));
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(this, replicated(in, stacked, extent));
  }

  /** Returns the operands, each with the stack at axis 1. */
  static List<Value> replicated(List<Value> in, List<Boolean> stacked, int extent) {
    return F.alignStacked(in, stacked).stream()
        .map(v -> F.broadcast(v, v.shape().with(1, extent)))
        .toList();
  }

  @Override
  public boolean linearIn(int i) {
    return i == 0;
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    if (!in.get(1).isPoint()) {
      throw noBoundRule(y);
    }
    return Outward.sides(y, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return y.shape().rank() > 2;
  }
}
