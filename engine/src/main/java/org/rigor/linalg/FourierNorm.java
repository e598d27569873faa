// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Certified spectral norm of a circular convolution of several channels: the largest norm over the
 * frequencies w of the complex matrices {@code A_w = sum over taps of K_tap exp(i w tap)} (Sedghi,
 * Gupta and Long 2019). One Cholesky factorisation compares each Gram matrix, of rows or columns,
 * whichever are fewer, with the largest bound so far; only one that may exceed it is bounded anew,
 * from its Ritz values upward. See {@link DefiniteBound}.
 */
final class FourierNorm {
  /**
   * Upper bound on the error, in modulus, of a product of two roots of unity from {@link Math#cos}.
   */
  private static final double ROOT_ERROR = 0x1p-45;

  private static final int LANCZOS_STEPS = 32;
  private static final int PIECE = 1024;
  private static final int STRIPS = 4;

  private final Gemm gemm;
  private final ScaledMatrix kernel;
  private final int taps;
  private final int channels;
  private final int outputs;
  private final int[] block;
  private final int phases;
  private final int n;
  private final double[] real;
  private final double[] imaginary;
  private final double[] gram;
  private final double[] work;
  private final double[] strip;
  private final double[] cross;
  private final double[] cosine;
  private final double[] sine;

  /**
   * @param kernel [taps * channels][outputs], scaled
   * @param block of each tap: which rows of A_w it belongs to, as taps of different phases read
   *     different elements
   * @param phases number of such blocks
   */
  FourierNorm(Gemm gemm, ScaledMatrix kernel, int[] block, int phases) {
    this.gemm = gemm;
    this.kernel = kernel;
    this.taps = block.length;
    this.channels = kernel.rows() / taps;
    this.outputs = kernel.cols();
    this.block = block;
    this.phases = phases;
    int rows = channels * phases;
    this.n = Math.min(rows, outputs);
    this.real = new double[rows * outputs];
    this.imaginary = new double[rows * outputs];
    this.cosine = new double[taps];
    this.sine = new double[taps];
    boolean alone = n == 1;
    this.cross = new double[alone ? 0 : n * n];
    this.gram = new double[alone ? 0 : 4 * n * n];
    this.work = new double[alone ? 0 : 4 * n * n];
    this.strip = new double[alone ? 0 : DefiniteBound.stripSize(2 * n)];
  }

  /**
   * Returns an upper bound on the largest norm, before the kernel's power of two.
   *
   * @param down position of each tap on the circle of the rows
   * @param right the same for the columns
   * @param height extent of that circle; 1 if all taps share one position, where frequency changes
   *     no norm
   * @param width the same for the columns
   */
  double upper(int[] down, int[] right, int height, int width) {
    double[][] rowRoots = roots(height);
    double[][] colRoots = roots(width);
    double squared = 0;
    int count = height * width;
    int step = coprime(count);
    for (int k = 0, w = 0; k < count; k++, w = (int) (((long) w + step) % count)) {
      int u = w / width;
      int v = w % width;
      if (w > (height - u) % height * width + (width - v) % width) {
        continue; // the conjugate of another
      }
      for (int t = 0; t < taps; t++) {
        int a = (int) ((long) u * down[t] % height);
        int b = (int) ((long) v * right[t] % width);
        cosine[t] = rowRoots[0][a] * colRoots[0][b] - rowRoots[1][a] * colRoots[1][b];
        sine[t] = rowRoots[0][a] * colRoots[1][b] + rowRoots[1][a] * colRoots[0][b];
      }
      transform();
      squared = Math.max(squared, squaredAbove(squared));
    }
    return Rounding.addUp(Rounding.sqrtUp(squared), transformError());
  }

  /**
   * Returns a step near the golden section that visits all {@code count} frequencies. Norms change
   * smoothly with the frequency, so in natural order each could exceed the last by a little.
   */
  private static int coprime(int count) {
    int step = Math.max(1, (int) Math.round(count * 0.6180339887498949));
    while (BigInteger.valueOf(step).gcd(BigInteger.valueOf(count)).intValue() != 1) {
      step++;
    }
    return step;
  }

  /** Computes the matrix of one frequency, in pieces that stay in cache while taps are added. */
  private void transform() {
    Arrays.fill(real, 0);
    Arrays.fill(imaginary, 0);
    int size = channels * outputs;
    for (int from = 0; from < size; from += PIECE) {
      int to = Math.min(size, from + PIECE);
      for (int t = 0; t < taps; t++) {
        add(t * size, block[t] * size, from, to, cosine[t], sine[t]);
      }
    }
  }

  private void add(int tap, int at, int from, int to, double re, double im) {
    double[] k = kernel.a();
    for (int i = from; i < to; i++) {
      real[at + i] += re * k[tap + i];
      imaginary[at + i] += im * k[tap + i];
    }
  }

  /**
   * Returns an upper bound on the Frobenius norm of the matrices' error: the roots' error and the
   * rounding of the sums over taps, times the sum of the taps' magnitudes.
   */
  private double transformError() {
    double[] sum = new double[phases * channels * outputs];
    int size = channels * outputs;
    for (int t = 0; t < taps; t++) {
      for (int i = 0; i < size; i++) {
        sum[block[t] * size + i] += Math.abs(kernel.a()[t * size + i]);
      }
    }
    double total = new ScaledMatrix(sum, phases * channels, outputs, 0).frobeniusUp();
    double each = Rounding.addUp(ROOT_ERROR, 3 * Rounding.gamma(taps + 2L));
    double inflated = Rounding.mulUp(total, Rounding.inflation(taps));
    return Rounding.addUp(Rounding.mulUp(each, inflated), ScaledMatrix.TINY);
  }

  /**
   * Returns an upper bound on the squared norm of the current matrix: at most {@code s} if the
   * Frobenius norm or one factorisation shows that {@code s} is one.
   */
  private double squaredAbove(double s) {
    double re = part(real).frobeniusUp();
    double im = part(imaginary).frobeniusUp();
    double frobenius = Rounding.addUp(Rounding.mulUp(re, re), Rounding.mulUp(im, im));
    if (n == 1 || frobenius <= s) {
      return frobenius;
    }
    embed();
    // |Re| and |Im| of the Gram matrix err by at most gamma (|X| + |Y|) (|X| + |Y|)' together.
    long inner = 2L * real.length / n + 2;
    double lost = Rounding.mulUp(Rounding.gamma(inner), Rounding.mulUp(2, frobenius));
    double gramError = Rounding.addUp(lost, ScaledMatrix.TINY);
    // At most what s leaves for the computed Gram matrix.
    double room = Rounding.subDown(s, gramError);
    double shrunk = room * (1 - 2 * Rounding.gamma((2L * n + 4) * (2L * n + 4)));
    int size = 2 * n;
    if (shrunk > 0
        && DefiniteBound.reached(shrunk, size) <= room
        && DefiniteBound.below(gram, size, shrunk, work, strip, gemm)) {
      return s;
    }
    double[] ritz = DefiniteBound.estimate(gram, size, LANCZOS_STEPS);
    double step = Math.max(1e-10 * ritz[0], 1e-3 * ritz[1]);
    // A zero matrix, as difference kernels have at frequency 0, makes the step 0.
    for (double t = ritz[0] + step; t < frobenius && step > 0; t += step) {
      if (DefiniteBound.below(gram, size, t, work, strip, gemm)) {
        return Math.min(frobenius, Rounding.addUp(DefiniteBound.reached(t, size), gramError));
      }
      step *= 30;
    }
    return frobenius;
  }

  private ScaledMatrix part(double[] a) {
    return new ScaledMatrix(a, channels * phases, outputs, 0);
  }

  /**
   * Embeds the Hermitian Gram matrix P + i Q as the symmetric [P, -Q; Q, P], which has the same
   * eigenvalues.
   */
  private void embed() {
    boolean byRows = channels * phases <= outputs;
    int inner = byRows ? outputs : channels * phases;
    // P is symmetric: four strips, each from the diagonal on, save 3/8
    for (int strip = 0; strip < STRIPS; strip++) {
      int from = strip * n / STRIPS;
      int to = (strip + 1) * n / STRIPS;
      GemmShape shape = product(to - from, n - from, inner, byRows);
      int at = byRows ? from * outputs : from;
      gemm.run(shape, real, at, real, at, work, from * n + from);
      gemm.run(shape.accumulating(), imaginary, at, imaginary, at, work, from * n + from);
    }
    gemm.run(product(n, n, inner, byRows), real, 0, imaginary, 0, cross, 0);
    int wide = 2 * n;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double p = work[Math.min(i, j) * n + Math.max(i, j)];
        double q = cross[j * n + i] - cross[i * n + j]; // antisymmetric to the bit
        gram[i * wide + j] = p;
        gram[(i + n) * wide + j + n] = p;
        gram[i * wide + j + n] = -q;
        gram[(i + n) * wide + j] = q;
      }
    }
  }

  private GemmShape product(int m, int cols, int inner, boolean byRows) {
    return GemmShape.of(m, cols, inner)
        .transposed(!byRows, byRows)
        .withRowStrides(outputs, outputs, n);
  }

  private static double[][] roots(int size) {
    double[][] r = new double[2][size];
    for (int k = 0; k < size; k++) {
      double angle = 2 * Math.PI * k / size;
      r[0][k] = Math.cos(angle);
      r[1][k] = Math.sin(angle);
    }
    return r;
  }
}
