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

/** Result axis i is operand axis {@code order.get(i)}; the model axis stays first. */
public record Transpose(List<Integer> order) implements Op {
  public Transpose {
    order = List.copyOf(order);
  }

  @Override
  public TensorType type(List<TensorType> in) {
    Shape s = in.get(0).shape();
    if (order.size() != s.rank()
        || order.get(0) != 0
        || order.stream().distinct().count() != s.rank()
        || order.stream().anyMatch(a -> a < 0 || a >= s.rank())) {
      throw new IllegalArgumentException(
          "order must be a permutation of " + s.rank() + " axes with axis 0 first, got " + order);
    }
    return new TensorType(in.get(0).dtype(), Shape.of(order.stream().mapToInt(s::dim).toArray()));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    List<Integer> inverse = new ArrayList<>(order);
    for (int i = 0; i < order.size(); i++) {
      inverse.set(order.get(i), i);
    }
    return List.of(F.transpose(ct, inverse));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return F.transpose(t.get(0), order);
  }

  @Override
  public Lowering lower(Value y) {
    return new Lowering.Alias(
        v ->
            Optional.of(
                new View(
                    y.shape(),
                    order.stream().mapToLong(a -> v.strides()[a]).toArray(),
                    v.offset())));
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    List<Integer> o = new ArrayList<>(List.of(0, 1));
    order.stream().skip(1).forEach(a -> o.add(a + 1));
    return F.transpose(in.get(0), o);
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public Value fold(Value y) {
    Value x = y.input(0);
    if (order.equals(IntStream.range(0, order.size()).boxed().toList())) {
      return x;
    }
    if (x.op() instanceof Fill f) {
      return F.fill(f.dtype(), y.shape(), f.value());
    }
    return x.op() instanceof Transpose t
        ? F.transpose(x.input(0), order.stream().map(t.order::get).toList())
        : y;
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
    return order.get(1) == 1;
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }
}
