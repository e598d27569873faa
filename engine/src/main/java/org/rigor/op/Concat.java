// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Concatenation of two operands along an axis other than the model axis. */
public record Concat(int axis) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape a = in.get(0).shape();
    Shape b = in.get(1).shape();
    if (in.get(0).dtype() != in.get(1).dtype() || a.rank() != b.rank()) {
      throw new IllegalArgumentException("operands must have one element type and equal rank");
    }
    if (axis < 1 || axis >= a.rank()) {
      throw new IllegalArgumentException("axis must be in 1.." + (a.rank() - 1) + ", got " + axis);
    }
    int m = Pointwise.broadcast(List.of(Shape.of(a.models()), Shape.of(b.models()))).dim(0);
    Shape whole = a.with(0, m).with(axis, 1);
    if (!whole.equals(b.with(0, m).with(axis, 1))) {
      throw new IllegalArgumentException("extents of the other axes must be equal");
    }
    return new TensorType(
        in.get(0).dtype(), whole.with(axis, Math.addExact(a.dim(axis), b.dim(axis))));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    int n = y.input(0).shape().dim(axis);
    Value a = F.slice(ct, axis, 0, n); // [.., n + k, ..] -> [.., n, ..]
    Value b = F.slice(ct, axis, n, y.shape().dim(axis)); // [.., n + k, ..] -> [.., k, ..]
    return List.of(F.sumTo(a, y.input(0).shape()), F.sumTo(b, y.input(1).shape()));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    List<Value> full = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Value x = y.input(i);
      full.add(t.get(i) == null ? F.fill(x.dtype(), x.shape(), 0) : t.get(i));
    }
    return Value.of(this, full);
  }

  @Override
  public Lowering lower(Value y) {
    Shape s = y.shape();
    int inner = 1;
    for (int a = axis + 1; a < s.rank(); a++) {
      inner *= s.dim(a);
    }
    int first = y.input(0).shape().dim(axis) * inner;
    int second = y.input(1).shape().dim(axis) * inner;
    int items = Math.toIntExact(s.size() / s.models());
    return new Lowering.Launch(
        "layout.cu",
        "concat",
        items,
        List.of(first, second),
        (in, out) -> {
          for (int row = 0, at = 0; at < items; row++, at += first + second) {
            in[0].copyTo(row * first, out, at, first);
            in[1].copyTo(row * second, out, at + first, second);
          }
        });
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    List<Value> full = new ArrayList<>();
    for (Value x : F.alignStacked(in, stacked)) {
      full.add(F.broadcast(x, x.shape().with(1, extent)));
    }
    return Value.of(new Concat(axis + 1), full);
  }

  @Override
  public boolean additive() {
    return true;
  }

  @Override
  public int roundings(Value y, int i) {
    return Outward.summed(y, i);
  }

  /** Concatenates the numbers with their elements, whose functions stay the same. */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    return jvp(y, of);
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return axis != 1;
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.beside();
  }
}
