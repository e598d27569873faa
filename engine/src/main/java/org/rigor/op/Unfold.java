// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Interval;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The windows of images: [M, B, H, W, C] to [M, B, OH, OW, G, KH, KW, C / G], {@code value} where a
 * tap meets padding; G groups of neighbouring channels. As a matrix with one row per window it
 * turns a convolution into a product (im2col). With value 0 it is the transpose of {@link Fold}.
 */
public record Unfold(Windows windows, int groups, double value) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    if (!in.get(0).dtype().isFloating()) {
      throw new IllegalArgumentException("images must be real numbers, got " + in.get(0));
    }
    return new TensorType(in.get(0).dtype(), windows.on(in.get(0).shape(), groups));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Shape x = y.input(0).shape();
    // [M, B, OH, OW, G, KH, KW, C / G] -> [M, B, H, W, C]
    return List.of(Value.of(new Fold(windows, groups, x.dim(2), x.dim(3)), ct));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return Value.of(new Unfold(windows, groups, 0), t.get(0));
  }

  @Override
  public Lowering lower(Value y) {
    WindowCopy copy = new WindowCopy(windows, groups, y.input(0).shape());
    long bits = Double.doubleToRawLongBits(value);
    return new Lowering.Launch(
        "windows.cu",
        "unfold",
        Math.toIntExact(y.shape().size() / y.shape().models()),
        copy.params((int) (bits >>> 32), (int) bits),
        copy.unfold(value));
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value x = in.get(0); // [M, S, B, ..]: the stack becomes more images
    Value all = Value.of(this, F.reshape(x, Reductions.joinStack(x.shape())));
    return F.reshape(all, y.shape().with(0, x.shape().models()).insert(1, extent));
  }

  @Override
  public boolean linearIn(int i) {
    return value == 0;
  }

  @Override
  public int roundings(Value y, int i) {
    Shape x = y.input(0).shape();
    int n = windows.overlap(x.dim(2), x.dim(3));
    return n == 1 ? 0 : n;
  }

  /** Keeps the functions of moved elements; padding is constant. */
  @Override
  public Value localFunctions(Value y, List<Interval> in, List<Value> of, Value fresh) {
    return jvp(y, of);
  }

  @Override
  public boolean movesElements() {
    return true;
  }

  @Override
  public Value zeroPadded(Value y) {
    return value == Double.NEGATIVE_INFINITY
        ? Value.of(new Unfold(windows, groups, 0), y.inputs())
        : y;
  }

  @Override
  public Interval bound(Value y, List<Interval> in) {
    return Outward.sides(y, in);
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return true;
  }

  /** Counts each element once for every window that overlaps there. */
  @Override
  public double slope(Value y, Slopes of) {
    return of.times(
        of.repeated(windows.overlap(y.input(0).shape().dim(2), y.input(0).shape().dim(3))));
  }
}
