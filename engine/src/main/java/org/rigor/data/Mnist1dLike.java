// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.Arrays;
import java.util.List;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A data set after the recipe of MNIST-1D (Greydanus and Kobak, "Scaling down deep learning with
 * MNIST-1D", 2024): ten curves, padded, shifted, scaled, sheared and buried in correlated noise.
 * Linear models fail on it, small networks succeed, and it is small enough to train thousands of
 * networks.
 *
 * <p>It is not MNIST-1D: the ten curves and the random numbers differ, hence {@code mnist1d-like}.
 * Accuracies of the paper do not apply. Inputs [samples, 40], unbounded, of mean 0 and variance 1
 * over the whole set; the label of sample i is i mod 10; the first four fifths train. Before the
 * last scaling, sample i depends only on the seed and i.
 *
 * @param samples at least 10; the paper has 5,000
 */
public record Mnist1dLike(int samples, long seed) implements DataSource {
  private static final int SITE = 0x4D314420;
  private static final int CLASSES = 10;
  private static final int LENGTH = 40;
  private static final int CURVE = 12;
  private static final int MIN_PADDING = 36;
  private static final int MAX_PADDING = 60;
  private static final int MAX_SHIFT = 48;
  private static final double SCALE = 0.4;
  private static final double SHEAR = 0.75;
  private static final double CORRELATED_NOISE = 0.25;
  private static final double WHITE_NOISE = 0.02;
  private static final double SMOOTHING = 2;

  /** Horizontal positions of the pen while it writes each digit from top to bottom. */
  private static final double[][] CURVES = {
    {2, 5, 7, 8, 8, 8, 8, 8, 8, 7, 5, 2},
    {4, 2, 3, 5, 5, 5, 5, 5, 5, 5, 5, 4},
    {5, 7, 8, 8, 6, 5, 4, 2, 1, 2, 3, 5},
    {2, 5, 7, 7, 5, 3, 3, 5, 7, 7, 5, 2},
    {6, 5, 4, 3, 2, 1, 6, 6, 6, 6, 6, 6},
    {5, 2, 2, 2, 3, 6, 8, 8, 8, 7, 5, 5},
    {5, 3, 2, 1, 1, 1, 2, 3, 3, 3, 4, 5},
    {2, 8, 8, 8, 7, 6, 5, 5, 4, 4, 3, 2},
    {5, 2, 1, 2, 4, 6, 6, 4, 2, 1, 2, 5},
    {5, 3, 1, 1, 3, 5, 6, 6, 6, 6, 5, 5},
  };

  /**
   * @throws IllegalArgumentException if there are fewer than 10 samples
   */
  public Mnist1dLike {
    if (samples < CLASSES) {
      throw new IllegalArgumentException("mnist1d-like needs samples >= 10, got " + samples);
    }
  }

  @Override
  public DataSet load(DataRoots roots) {
    double[] x = new double[Math.multiplyExact(samples, LENGTH)];
    int[] y = new int[samples];
    double[][] curves = Arrays.stream(CURVES).map(Mnist1dLike::normalized).toArray(double[][]::new);
    for (int i = 0; i < samples; i++) {
      y[i] = i % CLASSES;
      double[] sample = sample(curves[y[i]], new Draws(seed, SITE, i));
      System.arraycopy(sample, 0, x, i * LENGTH, LENGTH);
    }
    return DataSet.of(
        "mnist1d-like",
        HostTensor.of(Shape.of(samples, LENGTH), standardized(x)),
        y,
        CLASSES,
        Box.NONE,
        Split.at((int) (samples * 4L / 5), samples),
        List.of(),
        "generated");
  }

  /**
   * Scales to mean 0 and standard deviation 1, then moves the first point to 0 and divides by 6.
   */
  private static double[] normalized(double[] curve) {
    double deviation = deviation(curve, mean(curve));
    return Arrays.stream(curve).map(v -> (v - curve[0]) / deviation / 6).toArray();
  }

  private static double[] sample(double[] curve, Draws draws) {
    double[] padded =
        Arrays.copyOf(
            Arrays.stream(curve).map(v -> v + 1e-8).toArray(),
            CURVE + MIN_PADDING + draws.below(MAX_PADDING - MIN_PADDING + 1));
    double[] x = interpolated(padded, CURVE + MAX_PADDING);
    double factor = 1 + SCALE * (draws.uniform() - 0.5);
    double[] shifted = new double[x.length];
    int shift = draws.below(MAX_SHIFT);
    for (int i = 0; i < x.length; i++) {
      shifted[(i + shift) % x.length] = factor * x[i];
    }
    double[] noise = smoothed(draws, x.length);
    double slope = SHEAR * (draws.uniform() - 0.5);
    for (int i = 0; i < x.length; i++) {
      // Only padding is exactly zero: the curve was lifted by 1e-8.
      double v = shifted[i] == 0 ? noise[i] : shifted[i];
      shifted[i] = v + WHITE_NOISE * draws.normal() - slope * ((double) i / (x.length - 1) - 0.5);
    }
    return interpolated(shifted, LENGTH);
  }

  private static double[] interpolated(double[] x, int length) {
    double[] out = new double[length];
    for (int i = 0; i < length; i++) {
      double at = (double) i * (x.length - 1) / (length - 1);
      int left = Math.min((int) at, x.length - 2);
      out[i] = x[left] + (at - left) * (x[left + 1] - x[left]);
    }
    return out;
  }

  /**
   * Returns white noise under a Gaussian filter of four deviations to each side, mirrored at the
   * ends.
   */
  private static double[] smoothed(Draws draws, int length) {
    double[] white = new double[length];
    for (int i = 0; i < length; i++) {
      white[i] = CORRELATED_NOISE * draws.normal();
    }
    int reach = (int) (4 * SMOOTHING);
    double[] weights = new double[2 * reach + 1];
    for (int k = -reach; k <= reach; k++) {
      weights[k + reach] = StrictMath.exp(-k * k / (2 * SMOOTHING * SMOOTHING));
    }
    double total = weights.length * mean(weights);
    double[] out = new double[length];
    for (int i = 0; i < length; i++) {
      for (int k = -reach; k <= reach; k++) {
        int j = i + k;
        int mirrored = j < 0 ? -j - 1 : j >= length ? 2 * length - j - 1 : j;
        out[i] += weights[k + reach] / total * white[mirrored];
      }
    }
    return out;
  }

  private static float[] standardized(double[] x) {
    double mean = mean(x);
    double deviation = deviation(x, mean);
    float[] out = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = (float) ((x[i] - mean) / deviation);
    }
    return out;
  }

  // Plain loops: DoubleStream.sum does not specify its summation order.
  private static double mean(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += v;
    }
    return sum / x.length;
  }

  private static double deviation(double[] x, double mean) {
    double sum = 0;
    for (double v : x) {
      sum += (v - mean) * (v - mean);
    }
    return StrictMath.sqrt(sum / x.length);
  }
}
