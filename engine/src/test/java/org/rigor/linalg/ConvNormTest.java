// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rigor.linalg.ConvAxis.Padding;

/** Norms of convolutions against singular values of their whole matrices. */
class ConvNormTest {
  private static final Gemm SCALAR = ScalarGemm.INSTANCE;
  private static final double[] DELTA = {0, 0, 0, 0, 1, 0, 0, 0, 0};
  private static final double[] BOX = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  private static final double[] LAPLACE = {0, -1, 0, -1, 4, -1, 0, -1, 0};
  private static final double[] SOBEL = {-1, 0, 1, -2, 0, 2, -1, 0, 1};

  private static ConvAxis axis(int n, int k, Padding mode) {
    return ConvAxis.valid(n, k, 1).padded(1, mode);
  }

  private static ConvShape plain(int n, int k, Padding mode) {
    return new ConvShape(axis(n, k, mode), axis(n, k, mode), 1, 1, 1);
  }

  /** The matrix [outputs][inputs], from the definition, position by position. */
  static double[][] matrix(double[] kernel, ConvShape s) {
    ConvAxis r = s.rows();
    ConvAxis c = s.cols();
    int own = s.inputs() / s.groups();
    int part = s.outputs() / s.groups();
    double[][] m =
        new double[r.outputs() * c.outputs() * s.outputs()][r.inputs() * c.inputs() * s.inputs()];
    for (int oh = 0; oh < r.outputs(); oh++) {
      for (int ow = 0; ow < c.outputs(); ow++) {
        for (int o = 0; o < s.outputs(); o++) {
          for (int i = 0; i < r.kernel(); i++) {
            for (int j = 0; j < c.kernel(); j++) {
              int h = place(oh * r.stride() + i * r.dilation() - r.before(), r);
              int w = place(ow * c.stride() + j * c.dilation() - c.before(), c);
              for (int k = 0; h >= 0 && w >= 0 && k < own; k++) {
                double value = kernel[((i * c.kernel() + j) * own + k) * s.outputs() + o];
                int in = (h * c.inputs() + w) * s.inputs() + o / part * own + k;
                m[(oh * c.outputs() + ow) * s.outputs() + o][in] += value;
              }
            }
          }
        }
      }
    }
    return m;
  }

  private static int place(int at, ConvAxis a) {
    int n = a.inputs();
    if (at >= 0 && at < n) {
      return at;
    }
    return switch (a.padding()) {
      case ZERO -> -1;
      case CIRCULAR -> ((at % n) + n) % n;
      case REPLICATE -> Math.max(0, Math.min(n - 1, at));
      case REFLECT -> at < 0 ? -at : n - 1 - (at - (n - 1));
    };
  }

  static double svd(double[] kernel, ConvShape s) {
    double[][] m = matrix(kernel, s);
    double[] flat = Arrays.stream(m).flatMapToDouble(Arrays::stream).toArray();
    return SpectralNorm.svd(flat, m.length, m[0].length);
  }

  private static double rowSum(double[][] m) {
    return Arrays.stream(m)
        .mapToDouble(r -> Arrays.stream(r).map(Math::abs).sum())
        .max()
        .getAsDouble();
  }

  private static double[][] transposed(double[][] m) {
    double[][] t = new double[m[0].length][m.length];
    for (int i = 0; i < m.length; i++) {
      for (int j = 0; j < m[0].length; j++) {
        t[j][i] = m[i][j];
      }
    }
    return t;
  }

  /** The Fourier side alone, whatever the size. */
  private static double circular(double[] kernel, ConvShape s) {
    double most = 0;
    for (int g = 0; g < s.groups(); g++) {
      most = Math.max(most, ConvNorm.circular(s.groupKernel(kernel, g), s.group(), SCALAR));
    }
    return most;
  }

  private static void zeroPadded(double[] kernel, int n, double exact) {
    ConvShape s = plain(n, 3, Padding.ZERO);
    assertThat(ConvNorm.upper(kernel, s)).isBetween(exact * (1 - 1e-14), exact * (1 + 1e-11));
    assertThat(ConvNorm.lower(kernel, s, 300)).isBetween(exact * (1 - 1e-6), exact * (1 + 1e-15));
    assertThat(circular(kernel, s)).isGreaterThanOrEqualTo(exact * (1 - 1e-14));
    assertThat(svd(kernel, s)).isBetween(exact * (1 - 1e-13), exact * (1 + 1e-13));
  }

  private static void circularExact(double[] kernel, int n, double exact) {
    ConvShape s = plain(n, 3, Padding.CIRCULAR);
    assertThat(circular(kernel, s)).isBetween(exact * (1 - 1e-14), exact * (1 + 1e-9));
    assertThat(ConvNorm.upper(kernel, s)).isBetween(exact * (1 - 1e-14), exact * (1 + 1e-9));
  }

  /**
   * Eigenvalues of tridiagonal Toeplitz matrices; kernels of one channel, one element of padding.
   */
  @Test
  void closedForms() {
    for (int n : new int[] {3, 4, 5, 8, 12}) {
      double c = Math.cos(Math.PI / (n + 1));
      zeroPadded(DELTA, n, 1);
      zeroPadded(BOX, n, (1 + 2 * c) * (1 + 2 * c));
      zeroPadded(LAPLACE, n, 4 + 4 * c);
      zeroPadded(SOBEL, n, (2 + 2 * c) * 2 * c);
      circularExact(DELTA, n, 1);
      circularExact(BOX, n, 9);
    }
    circularExact(LAPLACE, 3, 6);
    circularExact(LAPLACE, 4, 8);
    circularExact(LAPLACE, 5, 7.23606797749979);
    circularExact(LAPLACE, 8, 8);
    circularExact(SOBEL, 4, 8);
    circularExact(SOBEL, 8, 8);
    circularExact(SOBEL, 5, 7.608452130361229);
  }

  /** Taps of several channels that cancel: the transform is zero, exactly, at frequency 0. */
  @Test
  void differencesOfChannelsEnd() {
    double[] k = {1, 0, 0, 1, -1, 0, 0, -1}; // [1, 2, 2, 2]: x_t - x_(t + 1) in each channel
    int n = 200;
    ConvShape s =
        new ConvShape(ConvAxis.valid(1, 1, 1), ConvAxis.valid(n, 2, 1).padded(1), 2, 2, 1);
    double exact = 2 * Math.cos(Math.PI / (2 * n + 2));
    assertThat(ConvNorm.upper(k, s)).isBetween(exact * (1 - 1e-14), 2 * (1 + 1e-9));
    assertThat(circular(k, s)).isBetween(exact * (1 - 1e-14), 2 * (1 + 1e-9));
  }

  /** Why the transform must be larger than the image: at its own extent it may lie below. */
  @Test
  void theCircularNormOfTheImageIsNoUpperSideForZeroPadding() {
    double exact = 4 + 4 * Math.cos(Math.PI / 4);
    assertThat(circular(LAPLACE, plain(3, 3, Padding.CIRCULAR))).isLessThan(exact - 0.8);
    assertThat(circular(LAPLACE, plain(3, 3, Padding.ZERO))).isGreaterThanOrEqualTo(exact);
  }

  /** A kernel read as a matrix [outputs, rest] has another norm: 3 for the box, whose norm is 9. */
  @Test
  void theReshapedKernelIsNoUpperSide() {
    assertThat(GramNorm.upper(BOX, 1, 9)).isLessThan(3.1);
    assertThat(ConvNorm.upper(BOX, plain(20, 3, Padding.ZERO))).isGreaterThan(8.9);
  }

  @Test
  void separableKernelsHaveProductsOfTheirNorms() {
    double[] a = {1, -2, 0.5};
    double[] b = {3, 1};
    double[] kernel = new double[6];
    for (int i = 0; i < 6; i++) {
      kernel[i] = a[i / 2] * b[i % 2];
    }
    ConvAxis rows = ConvAxis.valid(6, 3, 1).padded(1);
    ConvAxis cols = ConvAxis.valid(7, 2, 2).padded(1);
    ConvAxis one = ConvAxis.valid(1, 1, 1);
    double exact =
        svd(a, new ConvShape(rows, one, 1, 1, 1)) * svd(b, new ConvShape(one, cols, 1, 1, 1));
    ConvShape s = new ConvShape(rows, cols, 1, 1, 1);
    assertThat(ConvNorm.upper(kernel, s)).isBetween(exact * (1 - 1e-13), exact * (1 + 1e-11));
  }

  /** Patches that do not overlap: the norm of the kernel as a matrix; so for 1 x 1. */
  @Test
  void disjointPatchesHaveTheNormOfTheKernel() {
    double[] ones = {1, 1, 1, 1};
    ConvAxis a = ConvAxis.valid(40, 2, 2);
    double norm = ConvNorm.upper(ones, new ConvShape(a, a, 1, 1, 1));
    assertThat(norm).isBetween(2.0, 2 * (1 + 1e-12));
    double[] w = GemmTest.doubles(new Random(1), 5 * 7);
    ConvAxis point = ConvAxis.valid(30, 1, 2);
    double exact = SpectralNorm.svd(w, 5, 7);
    assertThat(ConvNorm.upper(w, new ConvShape(point, point, 5, 7, 1)))
        .isBetween(exact * (1 - 1e-13), exact * (1 + 1e-9));
  }

  private static ConvAxis random(Random r, Padding mode) {
    while (true) {
      int n = 1 + r.nextInt(8);
      int k = 1 + r.nextInt(5);
      int before = r.nextInt(5);
      int after = r.nextInt(5);
      int dilation = 1 + r.nextInt(3);
      boolean fits = n + before + after > dilation * (k - 1);
      if (fits && (mode != Padding.REFLECT || Math.max(before, after) < n)) {
        return new ConvAxis(n, k, 1 + r.nextInt(4), dilation, before, after, mode);
      }
    }
  }

  /**
   * Every padding, stride, dilation, groups, even kernels, other rows than columns: no norm below
   * the largest singular value, no lower side above it; circles are exact where nothing is cut.
   */
  @Test
  void everyShapeIsBracketed() {
    Random r = new Random(2);
    for (int trial = 0; trial < 500; trial++) {
      Padding mode = Padding.values()[trial % 4];
      int groups = 1 + r.nextInt(3);
      int in = groups * (1 + r.nextInt(2));
      int out = groups * (1 + r.nextInt(2));
      ConvShape s = new ConvShape(random(r, mode), random(r, mode), in, out, groups);
      double[] kernel = GemmTest.doubles(r, s.kernelSize());
      double exact = svd(kernel, s);
      String what = trial + ": " + s;
      double least = exact * (1 - 1e-13);
      assertThat(ConvNorm.upper(kernel, s, SCALAR)).as(what).isGreaterThanOrEqualTo(least);
      assertThat(circular(kernel, s)).as("circle " + what).isGreaterThanOrEqualTo(least);
      assertThat(ConvNorm.lower(kernel, s, 3)).as(what).isLessThanOrEqualTo(exact * (1 + 1e-13));
      double[][] m = matrix(kernel, s);
      double rows = rowSum(m);
      double cols = rowSum(transposed(m));
      assertThat(ConvNorm.rowSum(kernel, s)).as(what).isGreaterThanOrEqualTo(rows);
      assertThat(ConvNorm.columnSum(kernel, s)).as(what).isGreaterThanOrEqualTo(cols);
      if (mode == Padding.ZERO) {
        assertThat(ConvNorm.rowSum(kernel, s)).as(what).isLessThanOrEqualTo(rows * (1 + 1e-13));
        assertThat(ConvNorm.columnSum(kernel, s)).as(what).isLessThanOrEqualTo(cols * (1 + 1e-13));
      }
    }
  }

  @Test
  void circlesAreExactAndSmallMatricesToo() {
    Random r = new Random(3);
    for (int trial = 0; trial < 200; trial++) {
      int stride = 1 + trial % 3;
      int n = stride * (2 + r.nextInt(3));
      int k = 1 + r.nextInt(4);
      ConvAxis a = new ConvAxis(n, k, stride, 1, (k - 1) / 2, k / 2, Padding.CIRCULAR);
      ConvShape s = new ConvShape(a, a, 1 + r.nextInt(3), 1 + r.nextInt(3), 1);
      double[] kernel = GemmTest.doubles(r, s.kernelSize());
      double exact = svd(kernel, s);
      assertThat(circular(kernel, s))
          .as("%d: %s", trial, s)
          .isBetween(exact * (1 - 1e-13), exact * (1 + 1e-8));
      ConvAxis z = ConvAxis.valid(3 + trial % 2, 3, stride).padded(1);
      ConvShape small = new ConvShape(z, z, 2, 3, 1);
      double[] w = GemmTest.doubles(r, small.kernelSize());
      double truth = svd(w, small);
      assertThat(ConvNorm.upper(w, small, SCALAR))
          .isBetween(truth * (1 - 1e-13), truth * (1 + 1e-10));
    }
  }

  /** Many channels: the factorisations of blocks, of both orientations. */
  @Test
  void manyChannels() {
    Random r = new Random(4);
    ConvAxis a = new ConvAxis(4, 3, 1, 1, 1, 1, Padding.CIRCULAR);
    for (int[] c : List.of(new int[] {60, 30}, new int[] {30, 60}, new int[] {70, 70})) {
      ConvShape s = new ConvShape(a, a, c[0], c[1], 1);
      double[] kernel = GemmTest.doubles(r, s.kernelSize());
      double lower = ConvNorm.lower(kernel, s, 200);
      assertThat(ConvNorm.upper(kernel, s)).isBetween(lower, lower * (1 + 1e-3));
    }
  }

  /** c times the identity at one tap has the norm c at each frequency, and no rounding hides it. */
  @Test
  void theUpperSideHoldsToTheLastBit() {
    Random r = new Random(5);
    ConvAxis a = new ConvAxis(7, 3, 1, 1, 1, 1, Padding.CIRCULAR);
    for (int channels = 1; channels <= 3; channels++) {
      ConvShape s = new ConvShape(a, a, channels, channels, 1);
      for (int trial = 0; trial < 60; trial++) {
        double c = r.nextDouble();
        double[] kernel = new double[s.kernelSize()];
        int tap = r.nextInt(9);
        for (int i = 0; i < channels; i++) {
          kernel[(tap * channels + i) * channels + i] = c;
        }
        assertThat(circular(kernel, s)).isBetween(c, c * (1 + 1e-9));
        assertThat(ConvNorm.lower(kernel, s, 2)).isBetween(c * (1 - 1e-12), c);
      }
    }
  }

  /**
   * Taps that meet on a circle of three and nearly cancel to d and -d, whose norm is sqrt(3) d: the
   * transform's own rounding counts.
   */
  @Test
  void cancellationIsPaidFor() {
    Random r = new Random(6);
    ConvAxis rows = new ConvAxis(3, 5, 1, 1, 2, 2, Padding.CIRCULAR);
    ConvShape s = new ConvShape(rows, ConvAxis.valid(1, 1, 1), 1, 1, 1);
    for (int trial = 0; trial < 50; trial++) {
      double large = 1e8 * (1 + r.nextDouble());
      double sum = large + r.nextDouble();
      // No rounding in the difference: the numbers are within a factor of 2.
      double exact = Math.sqrt(3) * (sum - large);
      double[] kernel = {sum, -sum, 0, -large, large};
      assertThat(circular(kernel, s)).isBetween(exact * (1 - 1e-15), exact + 1e-4);
      assertThat(ConvNorm.upper(kernel, s)).isBetween(exact * (1 - 1e-15), exact + 1e-4);
      assertThat(ConvNorm.lower(kernel, s, 2)).isLessThanOrEqualTo(exact * (1 + 1e-15));
    }
  }

  @Test
  void groupsAreTheLargestOfTheirNormsAndNotTheProduct() {
    ConvAxis a = ConvAxis.valid(40, 1, 1);
    double norm = ConvNorm.upper(new double[] {3, -5, 2}, new ConvShape(a, a, 3, 3, 3));
    assertThat(norm).isBetween(5.0, 5 * (1 + 1e-12));
  }

  @Test
  void everyScale() {
    ConvShape s = plain(20, 3, Padding.ZERO);
    double unit = ConvNorm.upper(SOBEL, s);
    for (int e : new int[] {-1000, -600, 600, 1000}) {
      double[] scaled = Arrays.stream(SOBEL).map(v -> Math.scalb(v, e)).toArray();
      assertThat(ConvNorm.upper(scaled, s))
          .isEqualTo(
              Math.nextUp(Math.scalb(unit, e)),
              org.assertj.core.data.Offset.offset(2 * Math.ulp(Math.scalb(unit, e))));
    }
    assertThat(ConvNorm.upper(new double[9], s)).isZero();
    double huge = Double.MAX_VALUE;
    double[] overflow = new double[9];
    Arrays.fill(overflow, huge);
    assertThat(ConvNorm.upper(overflow, s)).isInfinite();
    assertThat(ConvNorm.lower(overflow, s, 5)).isBetween(huge / 2, huge);
  }

  @Test
  void whatIsNoConvolutionIsRefused() {
    assertThatThrownBy(() -> ConvAxis.valid(3, 4, 1)).hasMessageContaining("does not fit");
    assertThatThrownBy(() -> new ConvAxis(3, 3, 1, 1, 3, 0, Padding.REFLECT))
        .hasMessageContaining("reflection");
    ConvAxis a = ConvAxis.valid(4, 3, 1);
    assertThatThrownBy(() -> new ConvShape(a, a, 3, 4, 2)).hasMessageContaining("groups");
    ConvShape s = new ConvShape(a, a, 1, 1, 1);
    assertThatThrownBy(() -> ConvNorm.upper(new double[8], s)).hasMessageContaining("9 numbers");
    double[] nan = BOX.clone();
    nan[4] = Double.NaN;
    assertThatThrownBy(() -> ConvNorm.upper(nan, s)).hasMessageContaining("NaN");
  }
}
