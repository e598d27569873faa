// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.rigor.data.Box;
import org.rigor.ir.Lowering;
import org.rigor.ir.Op;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * {@link Ball#project} of each row, with its bits: points [M or 1, B, n], centres [M or 1, B, n]
 * and radii [M or 1, B], all F64, to [M, B, n + 1], the moved points and in the last column their
 * distances.
 */
public record Confine(Distance norm, Box box) implements Op {
  /** One warp moves a point. */
  private static final int THREADS = 32;

  @Override
  public TensorType type(List<TensorType> in) {
    Shape points = in.get(0).shape();
    Shape centres = in.get(1).shape();
    Shape radii = in.get(2).shape();
    int m = Stream.of(points, centres, radii).mapToInt(Shape::models).max().orElse(1);
    if (in.stream().anyMatch(t -> t.dtype() != DType.F64)) {
      throw new IllegalArgumentException(
          "points, centres and radii must be f64, for a rounded radius is another one; got " + in);
    }
    if (points.rank() != 3
        || !points.with(0, 1).equals(centres.with(0, 1))
        || !radii.with(0, 1).equals(Shape.of(1, points.dim(1)))
        || in.stream().anyMatch(t -> t.shape().models() != 1 && t.shape().models() != m)) {
      throw new IllegalArgumentException(
          "operands must be [M or 1, B, n], [M or 1, B, n] and [M or 1, B], got " + in);
    }
    return new TensorType(DType.F64, points.with(0, m).with(2, Math.addExact(points.dim(2), 1)));
  }

  @Override
  public Lowering lower(Value y) {
    int rows = y.shape().dim(1);
    int n = y.shape().dim(2) - 1;
    long lower = Double.doubleToRawLongBits(box.lower());
    long upper = Double.doubleToRawLongBits(box.upper());
    return new Lowering.Launch(
        "ball.cu",
        "confine_" + norm.name().toLowerCase(Locale.ROOT),
        rows,
        List.of(n, (int) (lower >>> 32), (int) lower, (int) (upper >>> 32), (int) upper),
        Optional.of(new Lowering.Blocks(THREADS, 0)),
        new Lowering.Items(
            rows,
            (in, out, from, to) -> {
              for (int row = from; row < to; row++) {
                int at = out.offset() + row * (n + 1);
                in[0].copyTo(row * n, out, row * (n + 1), n);
                out.doubles()[at + n] =
                    Ball.project(
                        norm,
                        out.doubles(),
                        at,
                        in[1].doubles(),
                        in[1].offset() + row * n,
                        n,
                        in[2].doubles()[in[2].offset() + row],
                        box);
              }
            }));
  }

  /** Moves stacked points as more points: [M, S, B, n] as [M, S * B, n]. */
  @Override
  public Value stack(Value y, List<Value> in, List<Boolean> stacked, int extent) {
    List<Value> more =
        Stream.of(0, 1, 2)
            .map(
                i -> {
                  Value x = in.get(i);
                  Value whole = stacked.get(i) ? x : F.reshape(x, x.shape().insert(1, 1));
                  Shape s = whole.shape().with(1, extent);
                  return F.reshape(
                      F.broadcast(whole, s), s.remove(1).with(1, extent * y.shape().dim(1)));
                })
            .toList();
    Value moved = Value.of(this, more);
    return F.reshape(moved, y.shape().with(0, moved.shape().models()).insert(1, extent));
  }

  @Override
  public List<Value> vjp(Value y, Value ct) {
    throw noDerivative(y);
  }

  @Override
  public Value jvp(Value y, List<Value> tangents) {
    throw noDerivative(y);
  }

  private static UnsupportedOperationException noDerivative(Value y) {
    return new UnsupportedOperationException(
        "no derivative flows through a confined point: detach it; traced at " + y.origin());
  }

  @Override
  public boolean keepsSamplesApart(Value y, Predicate<Value> moves) {
    return true;
  }
}
