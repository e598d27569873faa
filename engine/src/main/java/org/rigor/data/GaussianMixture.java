// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.Arrays;
import java.util.List;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * Two Gaussians with known optimal errors: label 1 is N(mean, sigma^2 I), label 0 is N(-mean,
 * sigma^2 I), both equally likely. Inputs [samples, d], unbounded; labels alternate, and the first
 * four fifths train. Sample i depends only on the seed and i, so a smaller set is a prefix of a
 * larger one.
 *
 * @param samples at least 2
 * @param mean of class 1, at least one coordinate
 * @param sigma standard deviation of every coordinate, above 0
 */
public record GaussianMixture(int samples, double[] mean, double sigma, long seed)
    implements DataSource {
  private static final int SITE = 0x47415553;

  /**
   * @throws IllegalArgumentException if a parameter is outside its range
   */
  public GaussianMixture {
    if (samples < 2 || mean.length < 1 || !(sigma > 0) || Double.isInfinite(sigma)) {
      throw new IllegalArgumentException(
          "a Gaussian mixture needs samples >= 2, a mean of at least one coordinate and a finite"
              + " sigma > 0, got "
              + samples
              + ", "
              + mean.length
              + " coordinates, "
              + sigma);
    }
    if (!Arrays.stream(mean).allMatch(Double::isFinite)) {
      throw new IllegalArgumentException("the mean must be finite, got " + Arrays.toString(mean));
    }
    mean = mean.clone();
  }

  /**
   * Returns a mixture with one strong coordinate and many weak ones. An l-infinity adversary
   * removes the weak ones first, so accuracy and robustness conflict (after Tsipras et al., 2019,
   * section 2).
   */
  public static GaussianMixture strongAndWeak(
      int samples, int dimension, double strong, double weak, long seed) {
    double[] mean = new double[dimension];
    Arrays.fill(mean, weak);
    mean[0] = strong;
    return new GaussianMixture(samples, mean, 1, seed);
  }

  @Override
  public DataSet load(DataRoots roots) {
    int d = mean.length;
    float[] x = new float[Math.multiplyExact(samples, d)];
    int[] y = new int[samples];
    for (int i = 0; i < samples; i++) {
      Draws draws = new Draws(seed, SITE, i);
      y[i] = i % 2;
      for (int j = 0; j < d; j++) {
        double centre = y[i] == 1 ? mean[j] : -mean[j];
        x[i * d + j] = (float) (centre + sigma * draws.normal());
      }
    }
    return DataSet.of(
        "gaussian-mixture",
        HostTensor.of(Shape.of(samples, d), x),
        y,
        2,
        Box.NONE,
        Split.at(Math.max(1, (int) (samples * 4L / 5)), samples),
        List.of(),
        "generated");
  }
}
