// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Order;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/** Pixel access at any positions of images [M, B, H, W, C], with rules beyond the edges. */
final class Pixels {
  private Pixels() {}

  /** The values read beyond the edge of a b c d. */
  enum Border {
    /** a a | a b c d | d d. */
    EDGE,
    /** b a | a b c d | d c. */
    REFLECT,
    /** c b | a b c d | c b; a single pixel repeats. */
    REFLECT_101
  }

  static void require(Value x) {
    Shape s = x.shape();
    if (s.rank() != 5 || (s.dim(4) != 1 && s.dim(4) != 3) || !x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "corruptions need images [M, B, H, W, 1 or 3] of a floating type, got " + x);
    }
  }

  static int height(Value x) {
    return x.shape().dim(2);
  }

  static int width(Value x) {
    return x.shape().dim(3);
  }

  static Value clip(Value x) {
    return F.clamp(x, 0, 1);
  }

  /** Returns the largest integer not above x, for |x| below 2^31, in the type of x. */
  static Value floor(Value x) {
    Value cut = F.cast(F.cast(x, DType.I32), x.dtype());
    return F.select(F.gt(cut, x), F.add(cut, -1), cut);
  }

  /** Returns an image's row numbers in a floating type: [1, 1, H, 1]. */
  static Value rows(DType dtype, int height) {
    return F.cast(F.iota(4, 2, height), dtype);
  }

  /** Returns an image's column numbers: [1, 1, 1, W]. */
  static Value columns(DType dtype, int width) {
    return F.cast(F.iota(4, 3, width), dtype);
  }

  /** Maps an integral position to one inside an axis of n pixels, keeping the type. */
  static Value inside(Value place, int n, Border border) {
    if (border == Border.EDGE || n == 1) {
      return F.clamp(place, 0, n - 1);
    }
    int period = border == Border.REFLECT ? 2 * n : 2 * n - 2;
    int last = border == Border.REFLECT ? 2 * n - 1 : 2 * n - 2;
    Value turns = floor(F.div(place, F.constant(place, period)));
    Value phase = F.sub(place, F.mul(turns, period));
    Value back = F.add(F.neg(phase), last);
    return F.select(F.lt(phase, F.constant(phase, n)), phase, back);
  }

  /**
   * Reads pixels at integral positions.
   *
   * @param x [M, B, H, W, C]
   * @param row of a floating type, broadcasts with {@code column} to [M, B, H', W']
   * @return [M, B, H', W', C]
   */
  static Value at(Value x, Value row, Value column, Border border) {
    Shape s = x.shape();
    int h = s.dim(2);
    int w = s.dim(3);
    int c = s.dim(4);
    Value place = F.add(F.mul(inside(row, h, border), w), inside(column, w, border));
    int rows = place.shape().dim(2);
    int columns = place.shape().dim(3);
    int m = place.shape().models();
    Value flat = F.reshape(F.cast(place, DType.I32), flat(place, 1, rows * columns));
    Value index = F.broadcast(flat, Shape.of(m, s.dim(1), c, rows * columns));
    Value planes = F.transpose(x, List.of(0, 1, 4, 2, 3));
    Value table = F.reshape(planes, Shape.of(s.models(), s.dim(1), c, h * w));
    Value read = Order.takeAlong(table, index); // [M, B, C, H' W']
    Shape back = Shape.of(read.shape().models(), s.dim(1), c, rows, columns);
    return F.transpose(F.reshape(read, back), List.of(0, 1, 3, 4, 2));
  }

  private static Shape flat(Value place, int channels, int places) {
    return Shape.of(place.shape().models(), place.shape().dim(1), channels, places);
  }

  /**
   * Interpolates bilinearly at any positions; see {@link #at}.
   *
   * @param row number of rows below the centre of the first, and {@code column} likewise
   */
  static Value between(Value x, Value row, Value column, Border border) {
    Value top = floor(row);
    Value left = floor(column);
    Value down = weight(F.sub(row, top));
    Value right = weight(F.sub(column, left));
    Value below = F.add(top, 1);
    Value behind = F.add(left, 1);
    Value upper = mix(at(x, top, left, border), at(x, top, behind, border), right);
    Value lower = mix(at(x, below, left, border), at(x, below, behind, border), right);
    return mix(upper, lower, down);
  }

  /** Returns [M, B, H, W] as [M, B, H, W, 1]. */
  private static Value weight(Value w) {
    return F.reshape(w, w.shape().insert(4, 1));
  }

  private static Value mix(Value a, Value b, Value share) {
    return F.add(a, F.mul(F.sub(b, a), share));
  }

  /** Returns an image's luma, [M, B, H, W, 1]: 0.299 R + 0.587 G + 0.114 B, or its one channel. */
  static Value gray(Value x) {
    if (x.shape().dim(4) == 1) {
      return x;
    }
    return F.add(
        F.add(F.mul(channel(x, 0), 0.299), F.mul(channel(x, 1), 0.587)),
        F.mul(channel(x, 2), 0.114));
  }

  static Value channel(Value x, int c) {
    return F.slice(x, 4, c, c + 1);
  }

  /** Truncates to whole 255ths, where the original stores bytes in between. */
  static Value bytes(Value x) {
    return F.mul(floor(F.mul(x, 255)), 1.0 / 255);
  }
}
