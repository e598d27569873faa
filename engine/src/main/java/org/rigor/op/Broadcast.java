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

/** Repetition of axes of extent 1; the transpose of {@link Sum}. */
public record Broadcast(Shape to) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    if (!in.get(0).shape().broadcastsTo(to)) {
      throw new IllegalArgumentException(in.get(0).shape() + " does not broadcast to " + to);
    }
    return new TensorType(in.get(0).dtype(), to);
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    return List.of(F.sumTo(ct, y.input(0).shape()));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return F.broadcast(t.get(0), to);
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Alias(v -> Optional.of(new View(to, v.broadcastStrides(to), v.offset())));
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    int models = Math.max(to.models(), in.get(0).shape().models());
    return F.broadcast(in.get(0), to.with(0, models).insert(1, extent));
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
    if (x.op() instanceof Broadcast) {
      return F.broadcast(x.input(0), to);
    }
    return x.op() instanceof Fill f ? F.fill(f.dtype(), to, f.value()) : y;
  }

  @Override
  public int roundings(Value y, int i) {
    return Outward.summed(y, i);
  }

  @Override
  public boolean movesElements() {
    return true;
  }

  /** Repeats the numbers with their elements, whose functions stay the same. */
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
    return true;
  }

  @Override
  public double slope(Value y, Slopes of) {
    Shape x = y.input(0).shape();
    return of.times(of.repeated(to.size() / to.models() / (x.size() / x.models())));
  }
}
