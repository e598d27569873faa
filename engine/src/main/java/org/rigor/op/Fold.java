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
 * Transpose of {@link Unfold}: [M, B, OH, OW, G, KH, KW, C / G] to [M, B, height, width, C]. Each
 * pixel is the sum of the taps that cover it, 0 if none does. Windows are added in ascending order
 * from 0, so the sum has the same bits on every device.
 */
public record Fold(Windows windows, int groups, int height, int width) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape s = in.get(0).shape();
    if (!in.get(0).dtype().isFloating() || s.rank() != 8) {
      throw new IllegalArgumentException(
          "windows must be real numbers [M, B, OH, OW, G, KH, KW, C / G], got " + in.get(0));
    }
    Shape image = image(s);
    if (!windows.on(image, groups).equals(s)) {
      throw new IllegalArgumentException(
          "windows of images " + image + " are " + windows.on(image, groups) + ", got " + s);
    }
    return new TensorType(in.get(0).dtype(), image);
  }

  private Shape image(Shape s) {
    return Shape.of(s.dim(0), s.dim(1), height, width, Math.multiplyExact(groups, s.dim(7)));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    // [M, B, H, W, C] -> [M, B, OH, OW, G, KH, KW, C / G]
    return List.of(Value.of(new Unfold(windows, groups, 0), ct));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    return Value.of(this, t.get(0));
  }

  @Override
  public Lowering lower(Value y) {
    WindowCopy copy = new WindowCopy(windows, groups, y.shape());
    return new Lowering.Launch(
        "windows.cu",
        "fold",
        Math.toIntExact(y.shape().size() / y.shape().models()),
        copy.params(),
        copy.fold());
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value x = in.get(0); // [M, S, B, ..]: the stack becomes more images
    Value all = Value.of(this, F.reshape(x, Reductions.joinStack(x.shape())));
    return F.reshape(all, y.shape().with(0, x.shape().models()).insert(1, extent));
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public int roundings(Value y, int i) {
    return 0;
  }

  /** Widens the sides by gamma_n times the sum of magnitudes, for n terms. */
  @Override
  public Interval bound(Value y, List<Interval> in) {
    Interval x = in.get(0);
    int n = windows.overlap(height, width);
    if (n == 1) {
      return Outward.sides(y, in);
    }
    Value sum = y.withInputs(List.of(Outward.magnitude(x)));
    Value error = F.add(F.mul(sum, 2 * Outward.gamma(n + 8)), Outward.TINY);
    Value lower = y.withInputs(List.of(x.lower()));
    Value upper = x.isPoint() ? lower : y.withInputs(List.of(x.upper()));
    return Outward.of(F.sub(lower, error), F.add(upper, error));
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return true;
  }

  /** Adds as many elements to one as windows overlap there: the transpose of {@link Unfold}. */
  @Override
  public double slope(Value y, Slopes of) {
    return of.times(of.added(windows.overlap(height, width)));
  }
}
