// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Leaving out zeros changes no bit of a product; the whole one, in scalar code, is the reference.
 */
class SparseFloatsTest {
  private static final int M = 48;

  /** One row of four panels for up to 512 bits, panels that remain, and columns shared by two. */
  private static final int N = 171;

  /** More than a block. */
  private static final int K = 300;

  private static final GemmShape SHAPE = GemmShape.of(M, N, K).transposed(false, true);

  /** Returns a left operand with one number in ten, rows of zeros, and zeros of both signs. */
  private static double[] left(DoubleUnaryOperator change) {
    Random random = new Random(1);
    double[] a = new double[M * K];
    for (int i = 0; i < a.length; i++) {
      float x = (float) random.nextGaussian();
      boolean kept = i / K % 7 != 3 && random.nextInt(10) == 0;
      a[i] = kept ? change.applyAsDouble(x) : i % 7 == 0 ? -0.0 : 0;
    }
    return a;
  }

  private static double[] right() {
    double[] b = new double[N * K];
    Random random = new Random(2);
    for (int i = 0; i < b.length; i++) {
      b[i] = (float) (random.nextInt(50) == 0 ? 0 : 2 * random.nextDouble() - 1);
    }
    return b;
  }

  private static float[] floats(double[] x) {
    float[] y = new float[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = (float) x[i];
    }
    return y;
  }

  private static double[] times(double[] x, double scale) {
    double[] y = x.clone();
    for (int i = 0; i < y.length; i++) {
      y[i] *= scale;
    }
    return y;
  }

  private static void assertFloats(double[] left, double[] right) {
    float[] a = floats(left);
    float[] b = floats(right);
    float[] expected = new float[M * N];
    ScalarGemm.INSTANCE.run(SHAPE, a, 0, b, 0, expected, 0);
    for (VectorGemm gemm : gemms()) {
      float[] packed = gemm.pack(SHAPE, b, 0, null);
      for (int parts : new int[] {1, 3}) {
        float[] c = floats(new Random(3).doubles((long) M * N).toArray());
        for (int p = 0; p < parts; p++) {
          gemm.runPacked(SHAPE, a, 0, packed, c, 0, M * p / parts, M * (p + 1) / parts);
        }
        assertThat(bits(c)).isEqualTo(bits(expected));
      }
    }
  }

  private static int[] bits(float[] x) {
    return IntStream.range(0, x.length).map(i -> Float.floatToIntBits(x[i])).toArray();
  }

  /** One product of each width of vectors up to the machine's. */
  private static VectorGemm[] gemms() {
    return Widths.GEMMS;
  }

  private static final class Widths {
    static final VectorGemm[] GEMMS =
        IntStream.of(128, 256, 512)
            .filter(bits -> bits <= VectorGemm.preferredBits().orElse(0))
            .mapToObj(bits -> new VectorGemm(bits, 0))
            .toArray(VectorGemm[]::new);
  }

  @Test
  void zerosOfBothSignsChangeNoBit() {
    double[] a = left(x -> x);
    assertThat(SparseFloats.pays(SHAPE, floats(a), 0, 0, M)).isTrue();
    assertFloats(a, right());
  }

  /** A sum that underflows is -0 until a zero follows: then the zeros must be there. */
  @ParameterizedTest
  @ValueSource(doubles = {0x1p-30, 0x1p-50, 0x1p-60, 0x1p-100, 0x1p-145})
  void tinyNumbersChangeNoBit(double scale) {
    assertFloats(left(x -> x), times(right(), scale));
    assertFloats(left(x -> x * scale), right());
    assertFloats(left(x -> x * scale), times(right(), scale));
    assertFloats(left(x -> Math.abs(x) < 0.3 ? 1 : -scale), times(right(), scale));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.MAX_VALUE})
  void numbersWithoutBoundChangeNoBit(double large) {
    double[] b = right();
    double finite = large == Double.MAX_VALUE ? Float.MAX_VALUE : large;
    b[5 * K + 8] = finite;
    assertFloats(left(x -> x), b);
    assertFloats(left(x -> x > 2 ? finite : x), right());
  }

  /** With the least size allowed, products are multiples of the smallest number. */
  @Test
  void theLeastSizeKeepsProductsFromUnderflow() {
    assertThat(SparseFloats.least(new float[] {0, -3, 0.75f, 8}, 4)).isEqualTo(0x1p-102f);
    assertThat(SparseFloats.least(new float[] {1, Float.MIN_VALUE}, 1)).isEqualTo(0x1p-103f);
    assertThat(SparseFloats.least(new float[] {1, Float.MIN_VALUE}, 2)).isEqualTo(0x1p24f);
    assertThat(SparseFloats.least(new float[] {1, Float.NEGATIVE_INFINITY}, 2)).isInfinite();
  }

  /** Behind a ReLU half of the numbers are zero: to leave them out takes longer. */
  @Test
  void fewZerosAreMultiplied() {
    double[] a = new Random(4).doubles((long) M * K, -1, 1).map(x -> Math.max(x, 0)).toArray();
    assertThat(SparseFloats.pays(SHAPE, floats(a), 0, 0, M)).isFalse();
    assertFloats(a, right());
  }
}
