// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import java.util.ArrayList;
import java.util.List;
import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;

/**
 * The lossy part of JPEG (ITU T.81): conversion to luma and chroma, chroma subsampled by two along
 * both axes, cosine transforms of 8 x 8 blocks, quantisation by the standard tables at a quality,
 * and the inverse. Single-channel images have only luma. Entropy coding is lossless and omitted.
 * Results are bytes over 255.
 */
public record JpegCompression() implements Corruption {
  /** Tables K.1 and K.2, one row per vertical frequency. */
  private static final int[] LUMA = {
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99
  };

  private static final int[] CHROMA = {
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99
  };

  @Override
  public String name() {
    return "jpeg-compression";
  }

  @Override
  public String differs() {
    return "cosine transforms are real, where libjpeg's are whole-numbered to within one level";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    int quality = (int) Corruption.constant(severity, 80, 65, 58, 50, 40);
    Value levels = rounded(F.mul(x, 255));
    if (x.shape().dim(4) == 1) {
      return bytes(coded(levels, LUMA, quality));
    }
    Value red = Pixels.channel(levels, 0);
    Value green = Pixels.channel(levels, 1);
    Value blue = Pixels.channel(levels, 2);
    Value y = rounded(Pixels.gray(levels));
    Value cb = chroma(F.sub(blue, Pixels.gray(levels)), 1.772);
    Value cr = chroma(F.sub(red, Pixels.gray(levels)), 1.402);
    y = coded(y, LUMA, quality);
    cb = F.add(doubled(coded(halved(cb), CHROMA, quality), x), -128);
    cr = F.add(doubled(coded(halved(cr), CHROMA, quality), x), -128);
    red = F.add(y, F.mul(cr, 1.402));
    green = F.sub(y, F.add(F.mul(cb, 0.344136), F.mul(cr, 0.714136)));
    blue = F.add(y, F.mul(cb, 1.772));
    return bytes(F.concat(4, red, green, blue));
  }

  private static Value chroma(Value difference, double scale) {
    return rounded(F.add(F.mul(difference, 1 / scale), 128));
  }

  private static Value rounded(Value x) {
    return Pixels.floor(F.add(x, 0.5));
  }

  private static Value bytes(Value levels) {
    return F.mul(F.clamp(rounded(levels), 0, 255), 1.0 / 255);
  }

  /** Averages each 2 x 2 block of pixels, repeating edges: [M, B, ceil(H / 2), ceil(W / 2), 1]. */
  private static Value halved(Value x) {
    int h = (Pixels.height(x) + 1) / 2;
    int w = (Pixels.width(x) + 1) / 2;
    Value row = F.mul(Pixels.rows(x.dtype(), h), 2);
    Value column = F.mul(Pixels.columns(x.dtype(), w), 2);
    Value sum = null;
    for (int i = 0; i < 4; i++) {
      Value read = Pixels.at(x, F.add(row, i / 2), F.add(column, i % 2), Border.EDGE);
      sum = F.addOrNull(sum, read);
    }
    // libjpeg rounds halves down and up alternately, column by column.
    Value half = F.mul(Pixels.columns(x.dtype(), w), 0.5);
    Value odd = F.mul(F.sub(half, Pixels.floor(half)), 2);
    Value bias = F.reshape(F.add(odd, 1), Shape.of(1, 1, 1, w, 1));
    return Pixels.floor(F.mul(F.add(sum, bias), 0.25));
  }

  /** Upsamples with triangle weights 3/4 and 1/4 to the nearest and next pixel, like libjpeg. */
  private static Value doubled(Value x, Value like) {
    Value row = F.add(F.mul(Pixels.rows(x.dtype(), Pixels.height(like)), 0.5), -0.25);
    Value column = F.add(F.mul(Pixels.columns(x.dtype(), Pixels.width(like)), 0.5), -0.25);
    return rounded(Pixels.between(x, row, column, Border.EDGE));
  }

  /**
   * Quantises one plane by blocks of coefficients, repeating the last rows and columns as padding.
   */
  private static Value coded(Value plane, int[] table, int quality) {
    int h = Pixels.height(plane);
    int w = Pixels.width(plane);
    int down = (h + 7) / 8;
    int across = (w + 7) / 8;
    Value row = Pixels.rows(plane.dtype(), 8 * down);
    Value column = Pixels.columns(plane.dtype(), 8 * across);
    Value whole = F.add(Pixels.at(plane, row, column, Border.EDGE), -128);
    Shape s = whole.shape();
    Value blocks =
        F.reshape(whole, Shape.of(s.dim(0), s.dim(1), down, 8, across, 8)); // [M, B, h, 8, w, 8]
    Value step = table(plane.dtype(), table, quality);
    Value frequencies = turned(turned(blocks, 3, false), 5, false);
    Value kept = F.mul(rounded(F.div(frequencies, step)), step);
    Value back = turned(turned(kept, 3, true), 5, true);
    Value pixels = F.add(F.reshape(back, s), 128);
    Value cut = F.slice(F.slice(pixels, 2, 0, h), 3, 0, w);
    return F.clamp(rounded(cut), 0, 255);
  }

  /** Applies the orthonormal cosine transform along an axis of 8, or its inverse. */
  private static Value turned(Value blocks, int axis, boolean inverse) {
    int rank = blocks.shape().rank();
    // out k = sum_i basis(k, i) in_i, with i on the axis after k
    Value in = F.reshape(blocks, blocks.shape().insert(axis, 1));
    Value k = F.cast(F.iota(rank + 1, axis, 8), blocks.dtype());
    Value i = F.cast(F.iota(rank + 1, axis + 1, 8), blocks.dtype());
    Value frequency = inverse ? i : k;
    Value place = F.add(F.mul(inverse ? k : i, 2), 1);
    Value wave = F.cos(F.mul(F.mul(place, frequency), Math.PI / 16));
    Value flat = F.lt(frequency, F.constant(frequency, 0.5));
    Value scale = F.select(flat, F.constant(wave, Math.sqrt(0.125)), F.constant(wave, 0.5));
    Value sum = F.sum(F.mul(in, F.mul(wave, scale)), axis + 1);
    return F.reshape(sum, blocks.shape());
  }

  /** Returns the quantisation steps, [1, 1, 1, 8, 1, 8], scaled like libjpeg's. */
  private static Value table(DType dtype, int[] base, int quality) {
    int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
    List<Value> entries = new ArrayList<>();
    for (int b : base) {
      int step = Math.max(1, Math.min(255, (b * scale + 50) / 100));
      entries.add(F.fill(dtype, Shape.of(1, 1), step));
    }
    return F.reshape(F.concat(1, entries), Shape.of(1, 1, 1, 8, 1, 8));
  }
}
