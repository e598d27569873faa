// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.List;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Two interleaving half circles of radius 1: label 0 is (cos t, sin t), label 1 is (1 - cos t, 1/2
 * - sin t), t uniform in [0, pi), plus Gaussian noise. Inputs [samples, 2], unbounded; labels
 * alternate, and the first four fifths train. Sample i depends only on the seed and i.
 *
 * @param samples at least 2
 * @param noise standard deviation of both coordinates, at least 0
 */
public record TwoMoons(int samples, double noise, long seed) implements DataSource {
  private static final int SITE = 0x4D4F4F4E;

  /**
   * @throws IllegalArgumentException if a parameter is outside its range
   */
  public TwoMoons {
    if (samples < 2 || !(noise >= 0) || Double.isInfinite(noise)) {
      throw new IllegalArgumentException(
          "two moons need samples >= 2 and a finite noise >= 0, got " + samples + ", " + noise);
    }
  }

  @Override
  public DataSet load(DataRoots roots) {
    float[] x = new float[Math.multiplyExact(samples, 2)];
    int[] y = new int[samples];
    for (int i = 0; i < samples; i++) {
      Draws draws = new Draws(seed, SITE, i);
      y[i] = i % 2;
      double t = draws.uniform(0, StrictMath.PI);
      double u = StrictMath.cos(t);
      double v = StrictMath.sin(t);
      x[2 * i] = (float) ((y[i] == 0 ? u : 1 - u) + noise * draws.normal());
      x[2 * i + 1] = (float) ((y[i] == 0 ? v : 0.5 - v) + noise * draws.normal());
    }
    return DataSet.of(
        "two-moons",
        HostTensor.of(Shape.of(samples, 2), x),
        y,
        2,
        Box.NONE,
        Split.at(Math.max(1, (int) (samples * 4L / 5)), samples),
        List.of(),
        "generated");
  }
}
