// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.TensorType;

/**
 * The transpose of {@link TakeAlong}: [M, ..., J] is added into [M, ..., extent] along the last
 * axis at indices I32 [M, ..., J], clamped as there. Each target adds in ascending order, so the
 * result is the same on every device.
 */
public record ScatterAlong(int extent) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    if (in.get(1).dtype() != DType.I32 || !in.get(0).dtype().isFloating()) {
      throw new IllegalArgumentException("operands must be floating and i32, got " + in);
    }
    int m = TakeAlong.alike(in.get(0).shape(), in.get(1).shape());
    int rank = in.get(0).shape().rank();
    if (in.get(0).shape().dim(-1) != in.get(1).shape().dim(-1)) {
      throw new IllegalArgumentException("needs an index an element, got " + in);
    }
    return new TensorType(in.get(0).dtype(), in.get(0).shape().with(0, m).with(rank - 1, extent));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value back = Value.of(new TakeAlong(), ct, y.input(1)); // [.., K] -> [.., J]
    return Arrays.asList(F.sumTo(back, y.input(0).shape()), null);
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return t.get(0) == null ? null : Value.of(this, t.get(0), y.input(1));
  }

  @Override
  public Lowering lower(Value y) {
    int j = y.input(0).shape().dim(-1);
    int items = Math.toIntExact(y.shape().size() / y.shape().models());
    return new Lowering.Launch(
        "order.cu",
        "scatter_along",
        items,
        List.of(j, extent),
        (in, out) -> {
          RealBlock v = RealBlock.of(in[0]);
          RealBlock sum = RealBlock.of(out);
          int[] index = in[1].ints();
          sum.fill(0, items, 0);
          for (int e = 0; e < items / extent * j; e++) {
            int at = Math.max(0, Math.min(extent - 1, index[in[1].offset() + e]));
            int to = e / j * extent + at;
            sum.set(to, sum.get(to) + v.get(e));
          }
        });
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int s) {
    return Value.of(this, TakeAlong.replicated(in, stacked, s));
  }

  @Override
  public boolean linearIn(int i) {
    return i == 0;
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return y.shape().rank() > 2;
  }
}
