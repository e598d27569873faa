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
 * Replaces rows by index: base [M or 1, N, rest...], rows [M or 1, B, rest...] of the same type,
 * indices I32 [M or 1, B] to [M, N, rest...], the base with row {@code index[b]} replaced by {@code
 * rows[b]}. An index outside [0, N) drops its row. Indices inside must differ within a model;
 * otherwise it is undefined which row wins. A state that replaces its own rows is updated in place,
 * in time O(B).
 */
public record Put() implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape base = in.get(0).shape();
    Shape rows = in.get(1).shape();
    Shape index = in.get(2).shape();
    if (in.get(0).dtype() != in.get(1).dtype() || in.get(2).dtype() != DType.I32) {
      throw new IllegalArgumentException(
          "operands must be T [M, N, ...], T [M, B, ...] and i32 [M, B], got " + in);
    }
    if (base.rank() < 2
        || base.rank() != rows.rank()
        || !base.with(0, 1).with(1, 1).equals(rows.with(0, 1).with(1, 1))) {
      throw new IllegalArgumentException(
          "a row of " + base + " cannot be replaced by one of " + rows);
    }
    if (index.rank() != 2 || index.dim(1) != rows.dim(1)) {
      throw new IllegalArgumentException(
          "needs one index for each of the " + rows.dim(1) + " rows, got " + index);
    }
    List<Shape> models = List.of(base, rows, index);
    int m = Pointwise.broadcast(models.stream().map(s -> Shape.of(s.models())).toList()).dim(0);
    return new TensorType(in.get(0).dtype(), base.with(0, m));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value index = y.input(2);
    Value kept = F.put(ct, F.fill(ct.dtype(), y.input(1).shape(), 0), index); // [M, N, ..]
    Value rows = F.gather(ct, index); // [M, N, ..] -> [M, B, ..]
    int[] narrow = new int[ct.shape().rank()];
    Arrays.fill(narrow, 1);
    Shape mask = Shape.of(narrow).with(0, index.shape().models()).with(1, index.shape().dim(1));
    Value placed = F.reshape(inside(index, ct.shape().dim(1)), mask); // [M, B] -> [M, B, 1..]
    return Arrays.asList(
        F.sumTo(kept, y.input(0).shape()),
        F.sumTo(F.select(placed, rows, F.constant(rows, 0)), y.input(1).shape()),
        null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return t.get(0) == null && t.get(1) == null
        ? null
        : F.put(orZero(t.get(0), y.input(0)), orZero(t.get(1), y.input(1)), y.input(2));
  }

  private static Value orZero(Value tangent, Value x) {
    return tangent == null ? F.fill(x.dtype(), x.shape(), 0) : tangent;
  }

  private static Value inside(Value index, int n) {
    return F.and(F.ge(index, F.constant(index, 0)), F.lt(index, F.constant(index, n)));
  }

  @Override
  public Lowering lower(Value y) {
    int n = y.shape().dim(1);
    int b = y.input(1).shape().dim(1);
    int row = Math.toIntExact(y.shape().size() / y.shape().models() / n);
    Lowering.RangeReference replace =
        (in, out, from, to) -> {
          for (int i = from; i < to; i++) {
            int target = in[2].ints()[in[2].offset() + i];
            if (target >= 0 && target < n) {
              in[1].copyTo(i * row, out, target * row, row);
            }
          }
        };
    return new Lowering.Launch(
            "gather.cu", "put", b * row, List.of(n, row), new Lowering.Items(b, replace))
        .updating();
  }

  /**
   * Replaces wider rows of a stack if the indices are shared; otherwise rows of one longer table,
   * where an index that drops its row stays outside.
   */
  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    List<Value> aligned = F.alignStacked(in, stacked);
    Value base = F.broadcast(aligned.get(0), aligned.get(0).shape().with(1, extent));
    Value rows = F.broadcast(aligned.get(1), aligned.get(1).shape().with(1, extent));
    Value index = in.get(2);
    if (!stacked.get(2)) {
      List<Integer> swap = Reductions.swapStack(base.shape().rank()); // [M, S, N, ..] <-> [M, N, S]
      return F.transpose(F.put(F.transpose(base, swap), F.transpose(rows, swap), index), swap);
    }
    int n = y.shape().dim(1);
    Value shifted = F.add(index, F.mul(F.iota(3, 1, extent), n));
    Value target = F.select(inside(index, n), shifted, F.constant(shifted, -1));
    Value joined =
        F.put(
            F.reshape(base, Reductions.joinStack(base.shape())),
            F.reshape(rows, Reductions.joinStack(rows.shape())),
            F.reshape(target, Reductions.joinStack(target.shape()))); // [M, S*N, ..]
    return F.reshape(joined, y.shape().with(0, joined.shape().models()).insert(1, extent));
  }

  @Override
  public boolean additive() {
    return true;
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    if (!in.get(2).isPoint()) {
      throw noBoundRule(y);
    }
    return Outward.sides(y, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return !moves.test(y.input(1)) && !moves.test(y.input(2));
  }
}
