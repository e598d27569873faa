// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Certified norms of convolutions as maps of whole images: both sides hold in exact arithmetic for
 * the stored numbers. A kernel reshaped to a matrix does not have these norms, and a Fourier
 * transform over the image's own extent gives no upper bound for zero padding.
 *
 * <p>Euclidean upper side, the least of
 *
 * <ul>
 *   <li>the root of the norms in the maximum and in the 1-norm (Schur's test),
 *   <li>for small maps the norm of their matrix ({@link GramNorm}),
 *   <li>for others the norm of a circular convolution of which they are a part ({@link Circulant},
 *       {@link FourierNorm}); replication and reflection count as a separate map in front.
 * </ul>
 *
 * Groups are blocks of one block-diagonal map: the largest of their norms, not the product.
 */
public final class ConvNorm {
  /** Largest shorter side of a matrix whose norm is taken directly. */
  private static final int DENSE_SIDE = 160;

  private static final long DENSE_SIZE = 1 << 16;

  private ConvNorm() {}

  /**
   * Returns an upper bound on the Euclidean operator norm; infinite if that may exceed the largest
   * double.
   *
   * @param kernel [kernel rows, kernel columns, inputs / groups, outputs]
   * @throws IllegalArgumentException if an entry is NaN or infinite or the length is wrong
   */
  public static double upper(double[] kernel, ConvShape shape) {
    return upper(kernel, shape, Default.GEMM);
  }

  static double upper(double[] kernel, ConvShape shape, Gemm gemm) {
    check(kernel, shape);
    double most = 0;
    for (int g = 0; g < shape.groups(); g++) {
      most = Math.max(most, group(shape.groupKernel(kernel, g), shape.group(), gemm));
    }
    return most;
  }

  private static double group(double[] kernel, ConvShape shape, Gemm gemm) {
    int rows = shape.taps() * shape.inputs();
    double largest = ScaledMatrix.largest(kernel, rows, shape.outputs());
    if (largest == 0) {
      return 0;
    }
    ScaledMatrix k = ScaledMatrix.of(kernel, rows, shape.outputs(), largest);
    ConvMap map = new ConvMap(shape);
    double best =
        Rounding.sqrtUp(Rounding.mulUp(sums(k.a(), shape, true), sums(k.a(), shape, false)));
    long out = (long) map.outputSize();
    long in = (long) map.inputSize();
    double other =
        Math.min(out, in) <= DENSE_SIDE && out * in <= DENSE_SIZE
            ? dense(k, map, shape, gemm)
            : circular(k, shape, gemm);
    double least = Math.min(best, other);
    // Scaling may have lost 2^-1074 of each entry, wherever it is read.
    return Rounding.scaleUp(Rounding.addUp(least, ScaledMatrix.TINY), k.exponent());
  }

  private static double dense(ScaledMatrix k, ConvMap map, ConvShape shape, Gemm gemm) {
    double[] a = map.dense(k.a());
    int rows = map.outputSize();
    int cols = map.inputSize();
    double norm = GramNorm.enclose(a, rows, cols, gemm).upper();
    if (!map.joinsTaps()) {
      return norm;
    }
    double[] sizes = k.a().clone();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.abs(sizes[i]);
    }
    double total = new ScaledMatrix(map.dense(sizes), rows, cols, 0).frobeniusUp();
    int taps = shape.taps();
    double most = Rounding.mulUp(total, Rounding.inflation(taps));
    return Rounding.addUp(norm, Rounding.mulUp(Rounding.gamma(taps), most));
  }

  /**
   * Bounds the norm from above by the circular convolution this is a part of, for a scaled kernel.
   */
  static double circular(double[] kernel, ConvShape shape, Gemm gemm) {
    int rows = shape.taps() * shape.inputs();
    return circular(new ScaledMatrix(kernel, rows, shape.outputs(), 0), shape, gemm);
  }

  private static double circular(ScaledMatrix k, ConvShape shape, Gemm gemm) {
    ConvAxis rows = unpadded(shape.rows());
    ConvAxis cols = unpadded(shape.cols());
    Circulant down = Circulant.of(rows);
    Circulant right = Circulant.of(cols);
    int taps = shape.taps();
    int[] index = new int[taps];
    int[] across = new int[taps];
    int[] block = new int[taps];
    List<Integer> phases = new ArrayList<>();
    for (int t = 0; t < taps; t++) {
      int i = rows.dilation() * (t / cols.kernel());
      int j = cols.dilation() * (t % cols.kernel());
      index[t] = down.index(i);
      across[t] = right.index(j);
      int phase = down.phase(i) * right.stride() + right.phase(j);
      if (!phases.contains(phase)) {
        phases.add(phase);
      }
      block[t] = phases.indexOf(phase);
    }
    int height = Arrays.stream(index).distinct().count() == 1 ? 1 : down.size();
    int width = Arrays.stream(across).distinct().count() == 1 ? 1 : right.size();
    double norm =
        new FourierNorm(gemm, k, block, phases.size()).upper(index, across, height, width);
    double copies = Rounding.sqrtUp(Math.multiplyExact(down.repeats(), right.repeats()));
    double padding = Rounding.mulUp(padNorm(shape.rows()), padNorm(shape.cols()));
    return Rounding.mulUp(norm, Rounding.mulUp(copies, padding));
  }

  /** Turns replicated and reflected elements into separate inputs. */
  private static ConvAxis unpadded(ConvAxis a) {
    return isCopy(a)
        ? new ConvAxis(
            a.inputs() + a.before() + a.after(),
            a.kernel(),
            a.stride(),
            a.dilation(),
            0,
            0,
            ConvAxis.Padding.ZERO)
        : a;
  }

  private static boolean isCopy(ConvAxis a) {
    return a.padding() == ConvAxis.Padding.REPLICATE || a.padding() == ConvAxis.Padding.REFLECT;
  }

  /**
   * Returns an upper bound on the norm of the map that puts copies around the input: the root of
   * the most copies of one element.
   */
  private static double padNorm(ConvAxis a) {
    int extent = a.inputs() + a.before() + a.after();
    ConvAxis copy = new ConvAxis(a.inputs(), 1, 1, 1, a.before(), a.after(), a.padding());
    return isCopy(a) && extent > a.inputs() ? Rounding.sqrtUp(copy.cover()) : 1;
  }

  /**
   * Returns an upper bound on the operator norm from maximum norm to maximum norm: the largest sum
   * of magnitudes that one output reads, taps on padding left out.
   */
  public static double rowSum(double[] kernel, ConvShape shape) {
    check(kernel, shape);
    return sums(kernel, shape, true);
  }

  /**
   * Returns an upper bound on the operator norm from 1-norm to 1-norm: the largest sum over one
   * input's readers.
   */
  public static double columnSum(double[] kernel, ConvShape shape) {
    check(kernel, shape);
    return sums(kernel, shape, false);
  }

  private static double sums(double[] kernel, ConvShape shape, boolean byOutput) {
    int own = shape.groupInputs();
    int channels = byOutput ? shape.outputs() : shape.inputs();
    double[][] tap = new double[shape.taps()][channels];
    for (int i = 0; i < kernel.length; i++) {
      int o = i % shape.outputs();
      int c = i / shape.outputs() % own + o / shape.groupOutputs() * own;
      tap[i / shape.outputs() / own][byOutput ? o : c] += Math.abs(kernel[i]);
    }
    int[][] down = reads(shape.rows(), byOutput);
    int[][] right = reads(shape.cols(), byOutput);
    double best = 0;
    for (int[] r : down) {
      for (int[] c : right) {
        double[] sum = new double[channels];
        for (int t = 0; t < tap.length; t++) {
          int times = r[t / shape.cols().kernel()] * c[t % shape.cols().kernel()];
          for (int k = 0; k < channels && times > 0; k++) {
            sum[k] += times * tap[t][k];
          }
        }
        best = Math.max(best, Arrays.stream(sum).max().getAsDouble());
      }
    }
    long roundings = (long) (byOutput ? own : shape.groupOutputs()) + 2L * tap.length;
    return Rounding.mulUp(best, Rounding.inflation(roundings));
  }

  /** Counts how often one output uses, or one input meets, each tap; returns every pattern once. */
  private static int[][] reads(ConvAxis a, boolean byOutput) {
    int[][] of = new int[byOutput ? a.outputs() : a.inputs()][a.kernel()];
    for (int o = 0; o < a.outputs(); o++) {
      for (int i = 0; i < a.kernel(); i++) {
        int at = a.source(o, i);
        if (at >= 0) {
          of[byOutput ? o : at][i]++;
        }
      }
    }
    return Arrays.stream(of)
        .map(IntBuffer::wrap) // compares by content
        .distinct()
        .map(IntBuffer::array)
        .toArray(int[][]::new);
  }

  /**
   * Returns a lower bound on the Euclidean operator norm: a power iteration on the map itself,
   * whose last quotient is rounded down with all its errors. It approaches the norm from below and
   * is never an upper bound.
   *
   * @param steps products with the map and its transpose, at least 0
   */
  public static double lower(double[] kernel, ConvShape shape, int steps) {
    check(kernel, shape);
    int rows = kernel.length / shape.outputs();
    double largest = ScaledMatrix.largest(kernel, rows, shape.outputs());
    if (largest == 0) {
      return 0;
    }
    ScaledMatrix k = ScaledMatrix.of(kernel, rows, shape.outputs(), largest);
    ConvMap map = new ConvMap(shape);
    double[] v = new double[map.inputSize()];
    for (int i = 0; i < v.length; i++) {
      v[i] = 1 + Math.sin(i + 1.0); // any start not orthogonal to the singular vector will do
    }
    for (int t = 0; t < steps; t++) {
      v = map.transposedTimes(k.a(), map.times(k.a(), PowerQuotient.normalise(v)));
    }
    v = PowerQuotient.normalise(v);
    double[] sizes = map.times(PowerQuotient.abs(k.a()), PowerQuotient.abs(v));
    int terms = shape.taps() * shape.groupInputs();
    double quotient = PowerQuotient.lower(map.times(k.a(), v), sizes, v, terms, ScaledMatrix.TINY);
    return Rounding.scaleDown(quotient, k.exponent());
  }

  private static void check(double[] kernel, ConvShape shape) {
    if (kernel.length != shape.kernelSize()) {
      throw new IllegalArgumentException(
          "conv norm: a kernel of %d numbers is needed for %s, got %d"
              .formatted(shape.kernelSize(), shape, kernel.length));
    }
    ScaledMatrix.largest(kernel, 1, kernel.length);
  }

  private static final class Default {
    static final Gemm GEMM = Gemms.open("auto").gemm();
  }
}
