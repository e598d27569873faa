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
 * Adjoint of {@link DirectConv} in its images: [M, B, OH, OW, O] and [M, KH, KW, C, O] to [M, B,
 * height, width, C], bit-equal to {@link F#convTranspose2d} on the CPU.
 */
record DirectConvAdjoint(Windows windows, int height, int width) implements Op {
  @Override
  public TensorType type(List<TensorType> in) {
    Shape y = in.get(0).shape();
    Shape w = in.get(1).shape();
    boolean fits =
        y.rank() == 5
            && w.rank() == 5
            && w.dim(1) == windows.height()
            && w.dim(2) == windows.width()
            && w.dim(4) == y.dim(4)
            && in.get(0).dtype() == in.get(1).dtype()
            && in.get(0).dtype().isFloating();
    if (!fits) {
      throw new IllegalArgumentException(
          "direct convolution: [M, B, OH, OW, O] needs kernels [M, %d, %d, C, O] of its type, got %s and %s"
              .formatted(windows.height(), windows.width(), in.get(0), in.get(1)));
    }
    Shape image = Shape.of(Math.max(y.models(), w.models()), y.dim(1), height, width, w.dim(3));
    Shape taps = windows.on(image, 1);
    if (taps.dim(2) != y.dim(2) || taps.dim(3) != y.dim(3)) {
      throw new IllegalArgumentException(
          "direct convolution: images of %d x %d have %d x %d windows, got %s"
              .formatted(height, width, taps.dim(2), taps.dim(3), y));
    }
    return new TensorType(in.get(0).dtype(), image);
  }

  @Override
  public List<Value> vjp(Value x, Value ct) {
    Value y = x.input(0);
    Value w = x.input(1);
    // ct [M, B, H, W, C] -> [M, B, OH, OW, O]; its windows times y -> [M, KH, KW, C, O]
    Value dy = Value.of(new DirectConv(windows), ct, w);
    Value dw = DirectConv.kernels(windows, ct, y, w.shape());
    return List.of(F.sumTo(dy, y.shape()), F.sumTo(dw, w.shape()));
  }

  @Override
  public Value jvp(Value x, List<Value> t) {
    Value dy = t.get(0) == null ? null : Value.of(this, t.get(0), x.input(1));
    Value dw = t.get(1) == null ? null : Value.of(this, x.input(0), t.get(1));
    return F.addOrNull(dy, dw);
  }

  @Override
  public Lowering lower(Value x) {
    return new DirectConvLoops(windows, x.shape(), x.input(0).shape()).adjoint(x.dtype());
  }

  @Override
  public Value stack(Value x, List<Value> in, List<Boolean> stacked, int extent) {
    Value y = in.get(0);
    Value w = in.get(1);
    if (!stacked.get(1)) { // [M, S, B, ..]: the stack becomes more images
      Value all = Value.of(this, F.reshape(y, Reductions.joinStack(y.shape())), w);
      return DirectConv.apart(all, extent);
    }
    // kernels [M, S, ..] differ along the stack: a product, then the sum of its windows
    Shape s = x.input(0).shape();
    int inner = windows.taps() * w.shape().dim(-2);
    int places = s.dim(2) * s.dim(3);
    int copies = stacked.get(0) ? extent : 1;
    Value rows = F.reshape(y, Shape.of(y.shape().models(), copies, s.dim(1), places, s.dim(4)));
    Value each = F.reshape(w, Shape.of(w.shape().models(), extent, 1, inner, s.dim(4)));
    Value taps = F.matmul(rows, each, false, true); // [M, S, B, P, K]
    Shape all =
        Shape.of(
            taps.shape().models(),
            extent * s.dim(1),
            s.dim(2),
            s.dim(3),
            1,
            windows.height(),
            windows.width(),
            w.shape().dim(-2));
    return DirectConv.apart(F.fold(F.reshape(taps, all), windows, 1, height, width), extent);
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
