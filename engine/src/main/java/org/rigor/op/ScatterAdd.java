// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The transpose of {@link Gather}: rows [M, B, rest...] are added into [M, extent, rest...] at the
 * given indices I32 [M or 1, B], clamped as there. Each target adds its rows in ascending order of
 * B, so the result is the same on every device.
 */
public record ScatterAdd(int extent) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape rows = in.get(0).shape();
    Shape index = in.get(1).shape();
    if (rows.rank() < 2
        || index.rank() != 2
        || in.get(1).dtype() != DType.I32
        || !in.get(0).dtype().isFloating()
        || index.dim(1) != rows.dim(1)) {
      throw new IllegalArgumentException("operands must be floating [M, B, ...] and i32 [M, B]");
    }
    int m = Pointwise.broadcast(List.of(Shape.of(rows.dim(0)), Shape.of(index.dim(0)))).dim(0);
    return new TensorType(in.get(0).dtype(), rows.with(0, m).with(1, extent));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value rows = F.gather(ct, y.input(1)); // [M, N, ..] -> [M, B, ..]
    return Arrays.asList(F.sumTo(rows, y.input(0).shape()), null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return t.get(0) == null ? null : F.scatterAdd(t.get(0), y.input(1), extent);
  }

  @Override
  public Lowering lower(Value y) {
    int b = y.input(0).shape().dim(1);
    int row = Math.toIntExact(y.shape().size() / y.shape().models() / extent);
    return new Lowering.Launch(
        "gather.cu",
        "scatter_add",
        extent * row,
        List.of(extent, row, b),
        (in, out) -> reference(in, out, b, row));
  }

  private void reference(Lowering.Block[] in, Lowering.Block out, int b, int row) {
    int[] index = in[1].ints();
    boolean single = out.array() instanceof float[];
    for (int i = 0; i < extent * row; i++) {
      if (single) {
        out.floats()[out.offset() + i] = 0f;
      } else {
        out.doubles()[out.offset() + i] = 0;
      }
    }
    for (int i = 0; i < b; i++) {
      int target = Math.max(0, Math.min(extent - 1, index[in[1].offset() + i]));
      int to = out.offset() + target * row;
      int from = in[0].offset() + i * row;
      for (int k = 0; k < row; k++) {
        if (single) {
          out.floats()[to + k] += in[0].floats()[from + k];
        } else {
          out.doubles()[to + k] += in[0].doubles()[from + k];
        }
      }
    }
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int s) {
    Value rows = in.get(0);
    if (!stacked.get(1)) {
      List<Integer> swap =
          Reductions.swapStack(rows.shape().rank()); // [M, S, B, ..] <-> [M, B, S, ..]
      return F.transpose(F.scatterAdd(F.transpose(rows, swap), in.get(1), extent), swap);
    }
    if (!stacked.get(0)) {
      rows = F.reshape(rows, rows.shape().insert(1, 1));
      rows = F.broadcast(rows, rows.shape().with(1, s));
    }
    Value index = Reductions.stackedIndex(in.get(1), extent);
    Value sum =
        F.scatterAdd(
            F.reshape(rows, Reductions.joinStack(rows.shape())),
            F.reshape(index, Reductions.joinStack(index.shape())),
            s * extent); // [M, S*B, ..] -> [M, S*N, ..]
    return F.reshape(sum, y.shape().with(0, sum.shape().models()).insert(1, s));
  }

  @Override
  public boolean linearIn(int i) {
    return i == 0;
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return !moves.test(y.input(0));
  }
}
