// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import org.rigor.tensor.Shape;

/**
 * The positions of convolution or pooling windows on an image. Tap (i, j) of window (y, x) is at
 * row {@code y * strideH - top + i * dilationH} and column {@code x * strideW - left + j *
 * dilationW}; taps outside the image meet its padding. Windows that would go beyond the padded
 * image are left out.
 *
 * @param height taps of a window along the rows, at least 1
 * @param width taps along the columns
 * @param strideH rows from one window to the next, at least 1
 * @param strideW columns from one window to the next
 * @param dilationH rows from one tap to the next, at least 1
 * @param dilationW columns from one tap to the next
 * @param top rows of padding above the image, at least 0
 * @param left columns of padding before it
 * @param bottom rows of padding below it
 * @param right columns of padding behind it
 */
public record Windows(
    int height,
    int width,
    int strideH,
    int strideW,
    int dilationH,
    int dilationW,
    int top,
    int left,
    int bottom,
    int right) {

  /**
   * @throws IllegalArgumentException if a number is out of its range
   */
  public Windows {
    if (Math.min(height, width) < 1
        || Math.min(strideH, strideW) < 1
        || Math.min(dilationH, dilationW) < 1) {
      throw new IllegalArgumentException(
          String.format(
              "windows: extents, strides and dilations must be at least 1, got %d x %d, %d x %d"
                  + " and %d x %d",
              height, width, strideH, strideW, dilationH, dilationW));
    }
    if (Math.min(Math.min(top, left), Math.min(bottom, right)) < 0) {
      throw new IllegalArgumentException(
          String.format(
              "windows: padding must be at least 0, got %d, %d, %d, %d", top, left, bottom, right));
    }
  }

  /** Returns windows at every position of an image without padding. */
  public static Windows of(int height, int width) {
    return new Windows(height, width, 1, 1, 1, 1, 0, 0, 0, 0);
  }

  /** Returns square windows at every position of an image without padding. */
  public static Windows of(int size) {
    return of(size, size);
  }

  public Windows stride(int h, int w) {
    return new Windows(height, width, h, w, dilationH, dilationW, top, left, bottom, right);
  }

  public Windows stride(int both) {
    return stride(both, both);
  }

  public Windows dilation(int h, int w) {
    return new Windows(height, width, strideH, strideW, h, w, top, left, bottom, right);
  }

  public Windows dilation(int both) {
    return dilation(both, both);
  }

  /** Returns these windows with padding at the four sides. */
  public Windows padding(int top, int left, int bottom, int right) {
    return new Windows(
        height, width, strideH, strideW, dilationH, dilationW, top, left, bottom, right);
  }

  /** Returns these windows with the same padding at all sides. */
  public Windows padding(int all) {
    return padding(all, all, all, all);
  }

  /** Returns the taps of a window. */
  public int taps() {
    return Math.multiplyExact(height, width);
  }

  /** Returns the rows of windows on an image of {@code rows} rows. */
  public int rows(int rows) {
    return places("rows", rows, height, strideH, dilationH, top, bottom);
  }

  /** Returns the columns of windows on an image of {@code columns} columns. */
  public int columns(int columns) {
    return places("columns", columns, width, strideW, dilationW, left, right);
  }

  private int places(
      String axis, int extent, int size, int stride, int dilation, int before, int after) {
    long padded = (long) extent + before + after;
    long span = (size - 1L) * dilation + 1;
    if (span > padded || padded > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          String.format(
              "windows need at least %d %s, the image has %d with padding (%d + %d + %d): %s",
              span, axis, padded, before, extent, after, this));
    }
    return Math.toIntExact((padded - span) / stride + 1);
  }

  public boolean padded() {
    return top + left + bottom + right > 0;
  }

  /**
   * Returns whether windows neither overlap nor have gaps inside: each is a block of neighbours.
   */
  public boolean blocks() {
    return strideH == height
        && strideW == width
        && (dilationH == 1 || height == 1)
        && (dilationW == 1 || width == 1);
  }

  /** Returns the most windows that one pixel of a rows x columns image belongs to. */
  public int overlap(int rows, int columns) {
    return most(rows, rows(rows), height, strideH, dilationH, top)
        * most(columns, columns(columns), width, strideW, dilationW, left);
  }

  private static int most(int extent, int places, int size, int stride, int dilation, int before) {
    int[] met = new int[extent];
    int most = 0;
    for (int y = 0; y < places; y++) {
      for (int i = 0; i < size; i++) {
        int at = y * stride - before + i * dilation;
        if (at >= 0 && at < extent) {
          most = Math.max(most, ++met[at]);
        }
      }
    }
    return most;
  }

  /**
   * @throws IllegalArgumentException if some window of a rows x columns image meets padding only
   */
  void requirePixels(int rows, int columns) {
    requirePixels("row", rows, rows(rows), height, strideH, dilationH, top);
    requirePixels("column", columns, columns(columns), width, strideW, dilationW, left);
  }

  private void requirePixels(
      String axis, int extent, int places, int size, int stride, int dilation, int before) {
    for (int y = 0; y < places; y++) {
      boolean inside = false;
      for (int i = 0; i < size; i++) {
        int at = y * stride - before + i * dilation;
        inside |= at >= 0 && at < extent;
      }
      if (!inside) {
        throw new IllegalArgumentException(
            String.format(
                "each window must hold a pixel, %s %d of windows holds padding only: %s",
                axis, y, this));
      }
    }
  }

  /**
   * Returns the shape of the windows of images [M, B, H, W, C]: [M, B, OH, OW, G, KH, KW, C / G].
   */
  Shape on(Shape image, int groups) {
    if (image.rank() != 5) {
      throw new IllegalArgumentException("images must be [M, B, H, W, C], got " + image);
    }
    int channels = image.dim(4);
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "groups must divide the channels: " + groups + " groups, " + channels + " channels");
    }
    Shape all =
        Shape.of(
            image.dim(0),
            image.dim(1),
            rows(image.dim(2)),
            columns(image.dim(3)),
            groups,
            height,
            width,
            channels / groups);
    if (Math.max(all.size(), image.size()) / image.models() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "images "
              + image
              + " have windows "
              + all
              + ", more than 2^31 elements a model; use smaller batches");
    }
    return all;
  }
}
