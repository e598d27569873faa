// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

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
 * Running sum along an axis: each element plus all before it, or all after it if {@code reverse},
 * added one by one in that order.
 */
public record CumSum(int axis, boolean reverse) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    TensorType t = in.get(0);
    if (axis < 1 || axis >= t.shape().rank() || t.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(
          "needs numbers and an axis in 1.." + (t.shape().rank() - 1) + ", got " + t + ", " + axis);
    }
    return t;
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return List.of(Value.of(new CumSum(axis, !reverse), ct));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return Value.of(this, t.get(0));
  }

  @Override
  public Lowering lower(Value y) {
    Shape s = y.shape();
    int n = s.dim(axis);
    int inner = 1;
    for (int a = axis + 1; a < s.rank(); a++) {
      inner *= s.dim(a);
    }
    int step = inner;
    int items = Math.toIntExact(s.size() / s.models() / n);
    return new Lowering.Launch(
        "order.cu",
        "cum_sum",
        items,
        List.of(n, inner, reverse ? 1 : 0),
        new Lowering.Items(
            items,
            (in, out, from, to) -> {
              for (int e = from; e < to; e++) {
                int first = e / step * n * step + e % step;
                line(
                    in[0],
                    out,
                    reverse ? first + (n - 1) * step : first,
                    reverse ? -step : step,
                    n);
              }
            }));
  }

  private static void line(Lowering.Block in, Lowering.Block out, int first, int step, int n) {
    if (in.array() instanceof int[] x) {
      int sum = 0;
      for (int i = 0; i < n; i++) {
        sum += x[in.offset() + first + i * step];
        out.ints()[out.offset() + first + i * step] = sum;
      }
      return;
    }
    RealBlock x = RealBlock.of(in);
    RealBlock y = RealBlock.of(out);
    double sum = x.get(first);
    y.set(first, sum);
    for (int i = 1; i < n; i++) {
      sum = x.r(sum + x.get(first + i * step));
      y.set(first + i * step, sum);
    }
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return Value.of(new CumSum(axis + 1, reverse), in);
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public int roundings(Value y, int i) {
    return y.shape().dim(axis);
  }

  /** Widens the sides by gamma_n times the sum of magnitudes. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval a = in.get(0);
    Value size = Value.of(this, Outward.magnitude(a));
    Value error = F.add(F.mul(size, 2 * Outward.gamma(y.shape().dim(axis) + 8L)), Outward.TINY);
    return Outward.of(
        F.sub(Value.of(this, a.lower()), error), F.add(Value.of(this, a.upper()), error));
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return axis != 1;
  }
}
