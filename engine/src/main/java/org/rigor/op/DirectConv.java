// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.function.Predicate;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Single-group convolution by a dedicated kernel that stores no windows: [M, B, H, W, C] and [M,
 * KH, KW, C, O] to [M, B, OH, OW, O], bit-equal to {@link F#conv2d} on the CPU. {@link
 * DirectConvolutions} substitutes it for windows and product.
 */
record DirectConv(Windows windows) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape x = in.get(0).shape();
    Shape w = in.get(1).shape();
    Shape taps = windows.on(x, 1);
    if (w.rank() != 5
        || w.dim(1) != windows.height()
        || w.dim(2) != windows.width()
        || w.dim(3) != x.dim(4)
        || in.get(0).dtype() != in.get(1).dtype()
        || !in.get(0).dtype().isFloating()) {
      throw new IllegalArgumentException(
          "direct convolution: kernels must be [M, %d, %d, %d, O] of the images' type, got %s and %s"
              .formatted(windows.height(), windows.width(), x.dim(4), in.get(0), in.get(1)));
    }
    int models = Math.max(x.models(), w.models());
    return new TensorType(
        in.get(0).dtype(), Shape.of(models, x.dim(1), taps.dim(2), taps.dim(3), w.dim(4)));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    Value x = y.input(0);
    Value w = y.input(1);
    int[] d = x.shape().dims();
    // ct [M, B, OH, OW, O] -> [M, B, H, W, C]; windows' [M, B, OH OW, K] x [M, B, OH OW, O] -> w
    Value dx = Value.of(new DirectConvAdjoint(windows, d[2], d[3]), ct, w);
    return List.of(F.sumTo(dx, x.shape()), F.sumTo(kernels(windows, x, ct, w.shape()), w.shape()));
  }

  /**
   * Returns the gradient with respect to the kernels [M, KH, KW, C, O]: a product over windows and
   * images.
   */
  static Value kernels(Windows windows, Value x, Value ct, Shape w) {
    Value taps = F.unfold(x, windows, 1, 0);
    int[] d = taps.shape().dims();
    int places = d[1] * d[2] * d[3];
    Value rows = F.reshape(taps, Shape.of(d[0], places, windows.taps() * d[7]));
    Value by = F.reshape(ct, Shape.of(ct.shape().models(), places, w.dim(4)));
    Value dw = F.matmul(rows, by, true, false);
    return F.reshape(dw, w.with(0, dw.shape().models()));
  }

  @Override
  public Value jvp(Value y, List<Value> t) {
    Value dx = t.get(0) == null ? null : Value.of(this, t.get(0), y.input(1));
    Value dw = t.get(1) == null ? null : Value.of(this, y.input(0), t.get(1));
    return F.addOrNull(dx, dw);
  }

  @Override
  public Lowering lower(Value y) {
    return new DirectConvLoops(windows, y.input(0).shape(), y.shape()).direct(y.dtype());
  }

  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    Value x = in.get(0);
    Value w = in.get(1);
    if (!stacked.get(1)) { // [M, S, B, ..]: the stack becomes more images
      Value all = Value.of(this, F.reshape(x, Reductions.joinStack(x.shape())), w);
      return apart(all, extent);
    }
    // kernels [M, S, ..] differ along the stack: a product of windows [M, S or 1, B, P, K]
    Value joined = stacked.get(0) ? F.reshape(x, Reductions.joinStack(x.shape())) : x;
    Value taps = F.unfold(joined, windows, 1, 0);
    int[] d = taps.shape().dims();
    int images = y.shape().dim(1);
    int inner = windows.taps() * d[7];
    Value rows = F.reshape(taps, Shape.of(d[0], d[1] / images, images, d[2] * d[3], inner));
    int outputs = y.shape().dim(4);
    Value each = F.reshape(w, Shape.of(w.shape().models(), extent, 1, inner, outputs));
    Value product = F.matmul(rows, each);
    int models = product.shape().models();
    return F.reshape(product, y.shape().with(0, models).insert(1, extent));
  }

  /** Reshapes [M, S * B, ..] to [M, S, B, ..]. */
  static Value apart(Value all, int extent) {
    Shape s = all.shape();
    return F.reshape(all, s.with(1, s.dim(1) / extent).insert(1, extent));
  }

  @Override
  public boolean linearIn(int i) {
    return true;
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return !moves.test(y.input(1));
  }
}
