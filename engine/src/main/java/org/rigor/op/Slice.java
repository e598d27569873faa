// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.ir.View;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Along each axis but the model axis, {@code extent} elements: every {@code step}-th from {@code
 * start} on. Entry k of the lists belongs to axis k + 1. Its transpose is {@link Pad}.
 */
public record Slice(List<Integer> start, List<Integer> step, List<Integer> extent) implements Op {
  public Slice {
    start = List.copyOf(start);
    step = List.copyOf(step);
    extent = List.copyOf(extent);
  }

  @Override
  public TensorType type(List<TensorType> in) {
    Shape from = in.get(0).shape();
    Strided.check(from, start, step, extent);
    Shape to = from;
    for (int k = 0; k < extent.size(); k++) {
      to = to.with(k + 1, extent.get(k));
    }
    return new TensorType(in.get(0).dtype(), to);
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    List<Integer> from = Strided.extents(y.input(0).shape());
    return List.of(Value.of(new Pad(start, step, from, 0), ct)); // [M, extent..] -> [M, n..]
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return Value.of(this, t.get(0));
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Alias(v -> Optional.of(view(v, y.shape())));
  }

  private View view(View v, Shape to) {
    long[] strides = v.strides().clone();
    long offset = v.offset();
    for (int k = 0; k < start.size(); k++) {
      offset += start.get(k) * strides[k + 1];
      strides[k + 1] *= step.get(k);
    }
    return new View(to.with(0, v.shape().models()), strides, offset);
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int n) {
    return Value.of(
        new Slice(Strided.put(start, 0), Strided.put(step, 1), Strided.put(extent, n)), in);
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public Value fold(Value y) {
    Value x = y.input(0);
    if (x.shape().equals(y.shape())) {
      return x;
    }
    if (x.op() instanceof Fill f) {
      return F.fill(f.dtype(), y.shape(), f.value());
    }
    if (x.op() instanceof Slice s) {
      List<Integer> from = new ArrayList<>();
      List<Integer> by = new ArrayList<>();
      IntStream.range(0, start.size())
          .forEach(
              k -> {
                from.add(s.start.get(k) + start.get(k) * s.step.get(k));
                by.add(s.step.get(k) * step.get(k));
              });
      return Value.of(new Slice(from, by, extent), x.input(0));
    }
    return y;
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
    return true;
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }
}
