// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.ir.View;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** The same elements in row-major order under another shape with the same model axis. */
public record Reshape(Shape to) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape from = in.get(0).shape();
    if (from.size() != to.size() || from.models() != to.models()) {
      throw new IllegalArgumentException(
          "size and model axis must stay: " + from + " cannot become " + to);
    }
    return new TensorType(in.get(0).dtype(), to);
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return List.of(F.reshape(ct, y.input(0).shape()));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return F.reshape(t.get(0), to);
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Alias(
        v ->
            v.isDenseFrom(1)
                ? Optional.of(new View(to, modelStride(to, v.strides()[0]), v.offset()))
                : Optional.empty());
  }

  /** Returns dense strides, except between models, which lie {@code stride} apart. */
  private static long[] modelStride(Shape to, long stride) {
    long[] s = to.strides();
    s[0] = stride;
    return s;
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    return F.reshape(in.get(0), to.with(0, in.get(0).shape().models()).insert(1, extent));
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public Value fold(Value y) {
    Value x = y.input(0);
    if (x.shape().equals(to)) {
      return x;
    }
    if (x.op() instanceof Fill f) {
      return F.fill(f.dtype(), to, f.value());
    }
    return x.op() instanceof Reshape ? F.reshape(x.input(0), to) : y;
  }

  @Override
  public int roundings(Value y, int i) {
    return 0;
  }

  /** Keeps the functions of moved elements. */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    return jvp(y, of);
  }

  @Override
  public boolean movesElements() {
    return true;
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return to.rank() > 1 && y.input(0).shape().rank() > 1 && to.dim(1) == y.input(0).shape().dim(1);
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }
}
