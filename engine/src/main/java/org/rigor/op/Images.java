// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * Image part of the vocabulary {@link F}, through which callers use it; images are [M, B, H, W, C].
 * Everything is composed of {@link Unfold}, {@link Fold}, products and reductions, so derivatives,
 * stacking and bounds follow.
 */
abstract sealed class Images extends Elementwise permits F {
  Images() {}

  /**
   * Cuts images into windows [M, B, OH, OW, G, KH, KW, C / G]; {@code value} where they meet
   * padding.
   */
  public static Value unfold(Value x, Windows windows, int groups, double value) {
    return Value.of(new Unfold(windows, groups, value), x);
  }

  /** Sums windows [M, B, OH, OW, G, KH, KW, C / G] into images [M, B, height, width, C]. */
  public static Value fold(Value x, Windows windows, int groups, int height, int width) {
    return Value.of(new Fold(windows, groups, height, width), x);
  }

  /** Convolves with one group, see {@link #conv2d(Value, Value, Windows, int)}. */
  public static Value conv2d(Value x, Value w, Windows windows) {
    return conv2d(x, w, windows, 1);
  }

  /**
   * Convolves with zero padding, as networks define it (cross-correlation: kernels are not
   * flipped). Output channel o of group g reads the input channels of group g.
   *
   * @param x [M or 1, B, H, W, C]
   * @param w [M or 1, KH, KW, C / groups, O]
   * @return [M, B, OH, OW, O]
   * @throws IllegalArgumentException if kernels do not fit the windows, channels or groups, or
   *     windows do not fit the image
   */
  public static Value conv2d(Value x, Value w, Windows windows, int groups) {
    Value taps = unfold(x, windows, groups, 0);
    int[] d = taps.shape().dims();
    int inputs = d[7];
    int outputs = outputs(w, windows, groups, inputs);
    int places = d[2] * d[3];
    int inner = windows.taps() * inputs;
    Value y;
    if (groups == 1) {
      Value rows = F.reshape(taps, Shape.of(d[0], d[1], places, inner));
      y = F.matmul(rows, matrix(w, inner, outputs)); // [M, B, P, K] x [M, 1, K, O]
    } else {
      Value rows = F.reshape(taps, Shape.of(d[0], d[1], places, groups, inner));
      Value byGroup = F.transpose(rows, List.of(0, 1, 3, 2, 4));
      // [M, B, G, P, K] x [M, 1, G, K, O / G]
      Value each = F.matmul(byGroup, matrices(w, groups, inner, outputs));
      y = F.transpose(each, List.of(0, 1, 3, 2, 4));
    }
    return F.reshape(y, Shape.of(y.shape().models(), d[1], d[2], d[3], outputs));
  }

  /**
   * Applies the adjoint with one group, see {@link #convTranspose2d(Value, Value, Windows, int,
   * int, int)}.
   */
  public static Value convTranspose2d(Value y, Value w, Windows windows, int height, int width) {
    return convTranspose2d(y, w, windows, 1, height, width);
  }

  /**
   * Applies the adjoint of {@link #conv2d(Value, Value, Windows, int)} on images of the given
   * height and width; as a layer it is called transposed convolution.
   *
   * @param y [M or 1, B, OH, OW, O], as the convolution would give it
   * @param w [M or 1, KH, KW, C / groups, O]
   * @return [M, B, height, width, C]
   */
  public static Value convTranspose2d(
      Value y, Value w, Windows windows, int groups, int height, int width) {
    Shape s = y.shape();
    if (s.rank() != 5 || w.shape().rank() != 5) {
      throw new IllegalArgumentException(
          "transposed convolution: needs [M, B, OH, OW, O] and [M, KH, KW, C / groups, O], got "
              + s
              + " and "
              + w.shape());
    }
    int inputs = w.shape().dim(3);
    int outputs = outputs(w, windows, groups, inputs);
    if (s.dim(4) != outputs) {
      throw new IllegalArgumentException(
          "transposed convolution: kernels "
              + w.shape()
              + " do not give "
              + s.dim(4)
              + " channels");
    }
    int places = s.dim(2) * s.dim(3);
    int inner = windows.taps() * inputs;
    Value taps;
    if (groups == 1) {
      Value rows = F.reshape(y, Shape.of(s.dim(0), s.dim(1), places, outputs));
      taps = F.matmul(rows, matrix(w, inner, outputs), false, true);
    } else {
      Shape split = Shape.of(s.dim(0), s.dim(1), places, groups, outputs / groups);
      Value byGroup = F.transpose(F.reshape(y, split), List.of(0, 1, 3, 2, 4));
      Value each = F.matmul(byGroup, matrices(w, groups, inner, outputs), false, true);
      taps = F.transpose(each, List.of(0, 1, 3, 2, 4));
    }
    Shape all =
        Shape.of(
            taps.shape().models(),
            s.dim(1),
            s.dim(2),
            s.dim(3),
            groups,
            windows.height(),
            windows.width(),
            inputs);
    return fold(F.reshape(taps, all), windows, groups, height, width);
  }

  private static int outputs(Value w, Windows windows, int groups, int inputs) {
    Shape s = w.shape();
    boolean fits =
        s.rank() == 5
            && s.dim(1) == windows.height()
            && s.dim(2) == windows.width()
            && s.dim(3) == inputs
            && s.dim(4) % groups == 0;
    if (!fits) {
      throw new IllegalArgumentException(
          String.format(
              "convolution: kernels must be [M, %d, %d, %d, multiple of %d], got %s",
              windows.height(), windows.width(), inputs, groups, s));
    }
    return s.dim(4);
  }

  /** Reshapes kernels to [M, 1, K, O]. */
  private static Value matrix(Value w, int inner, int outputs) {
    return F.reshape(w, Shape.of(w.shape().models(), 1, inner, outputs));
  }

  /** Reshapes kernels to [M, 1, G, K, O / G]. */
  private static Value matrices(Value w, int groups, int inner, int outputs) {
    Shape split = Shape.of(w.shape().models(), 1, inner, groups, outputs / groups);
    return F.transpose(F.reshape(w, split), List.of(0, 1, 3, 2, 4));
  }

  /**
   * Returns the largest number of each window and channel; padding never wins.
   *
   * @param x [M, B, H, W, C]
   * @return [M, B, OH, OW, C]
   * @throws IllegalArgumentException if windows do not fit, or one holds only padding
   */
  public static Value maxPool2d(Value x, Windows windows) {
    requireImages(x);
    windows.requirePixels(x.shape().dim(2), x.shape().dim(3));
    if (windows.blocks() && !windows.padded()) {
      return pooled(F.max(blocks(x, windows), 3, 5), x, windows);
    }
    Value taps = unfold(x, windows, 1, Double.NEGATIVE_INFINITY);
    return pooled(F.max(taps, 5, 6), x, windows);
  }

  /**
   * Returns the mean of each window and channel.
   *
   * @param x [M, B, H, W, C]
   * @param countPadding true to divide by all taps of a window, false to divide by those on the
   *     image
   * @return [M, B, OH, OW, C]
   * @throws IllegalArgumentException if windows do not fit, or one divides by its pixels and has
   *     none
   */
  public static Value averagePool2d(Value x, Windows windows, boolean countPadding) {
    requireImages(x);
    if (windows.blocks() && !windows.padded()) {
      return pooled(F.mean(blocks(x, windows), 3, 5), x, windows);
    }
    Value sum = pooled(F.sum(unfold(x, windows, 1, 0), 5, 6), x, windows);
    if (countPadding || !windows.padded()) {
      return F.div(sum, F.constant(sum, windows.taps()));
    }
    windows.requirePixels(x.shape().dim(2), x.shape().dim(3));
    return F.div(sum, F.cast(pixels(x, windows), sum.dtype()));
  }

  /** Returns the mean over all places: [M, B, H, W, C] to [M, B, C]. */
  public static Value globalAveragePool(Value x) {
    requireImages(x);
    Shape s = x.shape();
    return F.reshape(F.mean(x, 2, 3), Shape.of(s.dim(0), s.dim(1), s.dim(4)));
  }

  private static void requireImages(Value x) {
    if (x.shape().rank() != 5) {
      throw new IllegalArgumentException("pooling: needs images [M, B, H, W, C], got " + x);
    }
  }

  /** Reshapes [M, B, H, W, C] to [M, B, OH, KH, OW, KW, C], dropping leftover rows and columns. */
  private static Value blocks(Value x, Windows w) {
    Shape s = x.shape();
    int rows = w.rows(s.dim(2));
    int columns = w.columns(s.dim(3));
    Value whole = x;
    if (rows * w.height() < s.dim(2)) {
      whole = F.slice(whole, 2, 0, rows * w.height());
    }
    if (columns * w.width() < s.dim(3)) {
      whole = F.slice(whole, 3, 0, columns * w.width());
    }
    return F.reshape(
        whole, Shape.of(s.dim(0), s.dim(1), rows, w.height(), columns, w.width(), s.dim(4)));
  }

  private static Value pooled(Value y, Value x, Windows w) {
    Shape s = x.shape();
    return F.reshape(
        y, Shape.of(s.dim(0), s.dim(1), w.rows(s.dim(2)), w.columns(s.dim(3)), s.dim(4)));
  }

  /** Counts the pixels in each window, I32 [1, 1, OH, OW, 1]; integers keep bounds exact. */
  private static Value pixels(Value x, Windows w) {
    int rows = x.shape().dim(2);
    int columns = x.shape().dim(3);
    Value r = inside(2, w.rows(rows), w.strideH(), w.height(), w.dilationH(), w.top(), rows);
    Value c =
        inside(3, w.columns(columns), w.strideW(), w.width(), w.dilationW(), w.left(), columns);
    return F.mul(r, c);
  }

  /** Counts the taps on the image for each place along one axis of [1, 1, OH, OW, 1]. */
  private static Value inside(
      int axis, int places, int stride, int size, int dilation, int before, int extent) {
    Value start = F.mul(F.iota(6, axis, places), stride);
    Value at = F.add(F.add(start, F.mul(F.iota(6, 5, size), dilation)), -before);
    Value in = F.and(F.ge(at, F.constant(at, 0)), F.lt(at, F.constant(at, extent)));
    Value n = F.sum(F.cast(in, DType.I32), 5);
    return F.reshape(n, n.shape().remove(5));
  }
}
