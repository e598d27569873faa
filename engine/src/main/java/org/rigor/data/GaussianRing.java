// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.List;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Gaussian classes in the plane whose means lie evenly on a circle: class k is N(radius (cos,
 * sin)(2 pi k / classes), I). Inputs [samples, 2], unbounded. The toy problem of Khromov and Singh
 * 2024 has three classes at 1.5 with 15 training samples each. Sample i depends only on the seed
 * and i.
 *
 * @param classes at least 2
 * @param radius of the circle, above 0
 * @param train training samples of each class, at least 1
 * @param test test samples of each class, at least 1
 */
public record GaussianRing(int classes, double radius, int train, int test, long seed)
    implements DataSource {
  private static final int SITE = 0x52494E47;

  /**
   * @throws IllegalArgumentException if a parameter is outside its range
   */
  public GaussianRing {
    if (classes < 2 || !(radius > 0) || Double.isInfinite(radius) || train < 1 || test < 1) {
      throw new IllegalArgumentException(
          "a ring of Gaussians needs classes >= 2, a finite radius > 0 and samples of each class, got %d classes, radius %s, %d and %d samples"
              .formatted(classes, radius, train, test));
    }
  }

  @Override
  public DataSet load(DataRoots roots) {
    int first = Math.multiplyExact(classes, train);
    int n = Math.addExact(first, Math.multiplyExact(classes, test));
    float[] x = new float[Math.multiplyExact(2, n)];
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      Draws d = new Draws(seed, SITE, i);
      y[i] = i % classes;
      double angle = 2 * StrictMath.PI * y[i] / classes;
      x[2 * i] = (float) (radius * StrictMath.cos(angle) + d.normal());
      x[2 * i + 1] = (float) (radius * StrictMath.sin(angle) + d.normal());
    }
    return DataSet.of(
        "gaussian-ring",
        HostTensor.of(Shape.of(n, 2), x),
        y,
        classes,
        Box.NONE,
        Split.at(first, n),
        List.of(),
        "generated");
  }
}
