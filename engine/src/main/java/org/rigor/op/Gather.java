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
 * Rows of a table by index: table [M or 1, N, rest...], indices I32 [M or 1, B] to [M, B, rest...].
 * An index outside [0, N) reads row 0 or N-1, whichever is nearer.
 */
public record Gather() implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape table = in.get(0).shape();
    Shape index = in.get(1).shape();
    if (table.rank() < 2 || index.rank() != 2 || in.get(1).dtype() != DType.I32) {
      throw new IllegalArgumentException("operands must be [M, N, ...] and i32 [M, B]");
    }
    int[] d = table.dims();
    d[0] = Pointwise.broadcast(List.of(Shape.of(d[0]), Shape.of(index.dim(0)))).dim(0);
    d[1] = index.dim(1);
    return new TensorType(in.get(0).dtype(), Shape.of(d));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value table = y.input(0);
    Value sum = F.scatterAdd(ct, y.input(1), table.shape().dim(1)); // [M, B, ..] -> [M, N, ..]
    return Arrays.asList(F.sumTo(sum, table.shape()), null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return t.get(0) == null ? null : F.gather(t.get(0), y.input(1));
  }

  @Override
  public Lowering lower(Value y) {
    int n = y.input(0).shape().dim(1);
    int b = y.shape().dim(1);
    int row = Math.toIntExact(y.shape().size() / y.shape().models() / b);
    return new Lowering.Launch(
        "gather.cu",
        "gather",
        b * row,
        List.of(n, row),
        new Lowering.Items(
            b,
            (in, out, from, to) -> {
              int[] index = in[1].ints();
              for (int i = from; i < to; i++) {
                int r = Math.max(0, Math.min(n - 1, index[in[1].offset() + i]));
                in[0].copyTo(r * row, out, i * row, row);
              }
            }));
  }

  /**
   * Gathers a stack of tables as one table of wider rows, stacked indices as more rows, and both
   * together as one longer table.
   */
  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value table = in.get(0);
    Value index = in.get(1);
    if (!stacked.get(1)) {
      List<Integer> swap =
          Reductions.swapStack(table.shape().rank()); // [M, S, N, ..] <-> [M, N, S, ..]
      return F.transpose(F.gather(F.transpose(table, swap), index), swap);
    }
    if (stacked.get(0)) {
      index = Reductions.stackedIndex(index, y.input(0).shape().dim(1));
      table = F.reshape(table, Reductions.joinStack(table.shape())); // [M, S*N, ..]
    }
    Value rows = F.gather(table, F.reshape(index, Reductions.joinStack(index.shape())));
    return F.reshape(rows, y.shape().with(0, rows.shape().models()).insert(1, extent));
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
    return !moves.test(y.input(0));
  }
}
