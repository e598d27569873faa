// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.Randoms;

/** Convolution with a disc, itself blurred by a Gaussian of 3 x 3 taps. */
public record DefocusBlur() implements Corruption {
  @Override
  public String name() {
    return "defocus-blur";
  }

  @Override
  public String differs() {
    return "in nothing but rounding";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double[] c =
        Corruption.constants(
            severity,
            new double[] {0.3, 0.4},
            new double[] {0.4, 0.5},
            new double[] {0.5, 0.6},
            new double[] {1, 0.2},
            new double[] {1.5, 0.1});
    return Pixels.clip(Blur.kernel(x, disc(c[0], c[1])));
  }

  /** Returns the kernel, of side 2 floor(radius) + 3 and sum 1. */
  static double[][] disc(double radius, double alias) {
    int reach = (int) radius + 1;
    int side = 2 * reach + 1;
    double[] taps = Blur.gaussian(alias, 1);
    double[][] kernel = new double[side][side];
    double sum = 0;
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < side; j++) {
        for (int k = 0; k < 9; k++) {
          int y = i - reach + k / 3 - 1;
          int x = j - reach + k % 3 - 1;
          if (x * x + y * y <= radius * radius) {
            kernel[i][j] += taps[k / 3] * taps[k % 3];
            sum += taps[k / 3] * taps[k % 3];
          }
        }
      }
    }
    for (double[] row : kernel) {
      for (int j = 0; j < side; j++) {
        row[j] /= sum;
      }
    }
    return kernel;
  }
}
