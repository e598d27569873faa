// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Value;
import org.rigor.op.F;

/** Convolutions with small kernels. */
final class Blur {
  private Blur() {}

  /**
   * Blurs both axes by a Gaussian; taps reach {@code truncate} deviations, rounded to whole pixels.
   */
  static Value gaussian(Value x, double sigma, double truncate, Border border) {
    double[] taps = gaussian(sigma, (int) (truncate * sigma + 0.5));
    return along(along(x, taps, true, border), taps, false, border);
  }

  /** Returns exp(-i^2 / 2 sigma^2) for i from -radius to radius, normalised to sum 1. */
  static double[] gaussian(double sigma, int radius) {
    double[] taps = new double[2 * radius + 1];
    double sum = 0;
    for (int i = -radius; i <= radius; i++) {
      taps[i + radius] = radius == 0 ? 1 : StrictMath.exp(-0.5 * i * i / (sigma * sigma));
      sum += taps[i + radius];
    }
    for (int i = 0; i < taps.length; i++) {
      taps[i] /= sum;
    }
    return taps;
  }

  /** Convolves one axis with centred taps: rows if vertical, else columns. */
  private static Value along(Value x, double[] taps, boolean vertical, Border border) {
    if (taps.length == 1) {
      return x;
    }
    int radius = taps.length / 2;
    int h = Pixels.height(x);
    int w = Pixels.width(x);
    int n = vertical ? h : w;
    Value row = Pixels.rows(x.dtype(), vertical ? h + 2 * radius : h);
    Value column = Pixels.columns(x.dtype(), vertical ? w : w + 2 * radius);
    Value wide =
        Pixels.at(
            x,
            vertical ? F.add(row, -radius) : row,
            vertical ? column : F.add(column, -radius),
            border);
    Value sum = null;
    for (int i = 0; i < taps.length; i++) {
      Value shifted = F.slice(wide, vertical ? 2 : 3, i, i + n);
      sum = F.addOrNull(sum, F.mul(shifted, taps[i]));
    }
    return sum;
  }

  /**
   * Applies a square kernel of odd side like {@code filter2D}: unflipped, with edges mirrored but
   * not repeated.
   */
  static Value kernel(Value x, double[][] kernel) {
    int radius = kernel.length / 2;
    int h = Pixels.height(x);
    int w = Pixels.width(x);
    Value row = F.add(Pixels.rows(x.dtype(), h + 2 * radius), -radius);
    Value column = F.add(Pixels.columns(x.dtype(), w + 2 * radius), -radius);
    Value wide = Pixels.at(x, row, column, Border.REFLECT_101);
    Value sum = null;
    for (int i = 0; i < kernel.length; i++) {
      for (int j = 0; j < kernel.length; j++) {
        if (kernel[i][j] != 0) {
          Value shifted = F.slice(F.slice(wide, 2, i, i + h), 3, j, j + w);
          sum = F.addOrNull(sum, F.mul(shifted, kernel[i][j]));
        }
      }
    }
    return sum;
  }

  /**
   * Applies ImageMagick's motion blur: 2 ceil(radius) + 1 one-sided Gaussian taps. Tap i reads i
   * pixels along the direction, rounded to whole pixels; edges repeat.
   *
   * @param angle in radians, [M, B, 1, 1]
   */
  static Value motion(Value x, double radius, double sigma, Value angle) {
    int taps = 2 * (int) Math.ceil(radius) + 1;
    double[] weight = new double[taps];
    double total = 0;
    for (int i = 0; i < taps; i++) {
      weight[i] = StrictMath.exp(-0.5 * i * i / (sigma * sigma));
      total += weight[i];
    }
    Value row = Pixels.rows(x.dtype(), Pixels.height(x));
    Value column = Pixels.columns(x.dtype(), Pixels.width(x));
    Value down = F.sin(angle);
    Value right = F.cos(angle);
    Value sum = null;
    for (int i = 0; i < taps; i++) {
      Value read =
          Pixels.at(x, F.add(row, steps(down, i)), F.add(column, steps(right, i)), Border.EDGE);
      sum = F.addOrNull(sum, F.mul(read, weight[i] / total));
    }
    return sum;
  }

  /** Returns ceil(i direction - 1/2). */
  private static Value steps(Value direction, int i) {
    return F.neg(Pixels.floor(F.add(F.mul(direction, -i), 0.5)));
  }
}
