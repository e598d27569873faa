// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.tensor.DType;

/** Every provider with fixed rounding against the rule itself, written out as three loops. */
class GemmTest {

  static Stream<Gemm> providers() {
    List<Gemm> all = new ArrayList<>(List.of(ScalarGemm.INSTANCE));
    if (VectorGemm.preferredBits().isPresent()) {
      for (int bits : new int[] {128, 256, 512}) {
        all.add(new VectorGemm(bits, 0));
      }
    }
    return all.stream();
  }

  /** The contract of {@link Gemm}, element by element. */
  private static void rule(GemmShape s, float[] a, int ao, float[] b, int bo, float[] c, int co) {
    for (int t = 0; t < s.count(); t++) {
      for (int i = 0; i < s.m(); i++) {
        for (int j = 0; j < s.n(); j++) {
          int at = co + t * s.strideC() + i * s.ldc() + j;
          float total = s.accumulate() ? c[at] : 0f;
          for (int k0 = 0; k0 < s.k(); k0 += 256) {
            float sum = 0f;
            for (int p = k0; p < Math.min(s.k(), k0 + 256); p++) {
              int x = s.transA() ? p * s.lda() + i : i * s.lda() + p;
              int y = s.transB() ? j * s.ldb() + p : p * s.ldb() + j;
              sum = Math.fma(a[ao + t * s.strideA() + x], b[bo + t * s.strideB() + y], sum);
            }
            total = k0 == 0 && !s.accumulate() ? sum : total + sum;
          }
          c[at] = total;
        }
      }
    }
  }

  private static void rule(
      GemmShape s, double[] a, int ao, double[] b, int bo, double[] c, int co) {
    for (int t = 0; t < s.count(); t++) {
      for (int i = 0; i < s.m(); i++) {
        for (int j = 0; j < s.n(); j++) {
          int at = co + t * s.strideC() + i * s.ldc() + j;
          double total = s.accumulate() ? c[at] : 0d;
          for (int k0 = 0; k0 < s.k(); k0 += 256) {
            double sum = 0d;
            for (int p = k0; p < Math.min(s.k(), k0 + 256); p++) {
              int x = s.transA() ? p * s.lda() + i : i * s.lda() + p;
              int y = s.transB() ? j * s.ldb() + p : p * s.ldb() + j;
              sum = Math.fma(a[ao + t * s.strideA() + x], b[bo + t * s.strideB() + y], sum);
            }
            total = k0 == 0 && !s.accumulate() ? sum : total + sum;
          }
          c[at] = total;
        }
      }
    }
  }

  /** Any transposes, gaps between rows and between products, shared operands. */
  private static GemmShape random(Random r, int m, int n, int k) {
    boolean transA = r.nextBoolean();
    boolean transB = r.nextBoolean();
    int lda = (transA ? m : k) + r.nextInt(3);
    int ldb = (transB ? k : n) + r.nextInt(3);
    int ldc = n + r.nextInt(3);
    int count = 1 + r.nextInt(3);
    int strideA = r.nextInt(3) == 0 ? 0 : (transA ? k : m) * lda + r.nextInt(2);
    int strideB = r.nextBoolean() ? 0 : (transB ? n : k) * ldb + r.nextInt(5);
    int strideC = m * ldc + r.nextInt(2);
    return new GemmShape(
        m, n, k, transA, transB, lda, ldb, ldc, r.nextBoolean(), count, strideA, strideB, strideC);
  }

  private static List<GemmShape> shapes() {
    Random r = new Random(7);
    List<GemmShape> all = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      all.add(random(r, 1 + r.nextInt(40), 1 + r.nextInt(40), 1 + r.nextInt(30)));
    }
    for (int i = 0; i < 6; i++) {
      all.add(random(r, 1 + r.nextInt(6), 1 + r.nextInt(40), 257 + r.nextInt(300)));
    }
    // Packed B over two blocks; packed A and B and two strips of columns; a strip transposed.
    all.add(GemmShape.of(17, 67, 259));
    all.add(GemmShape.of(33, 517, 33).transposed(true, false).accumulating());
    all.add(GemmShape.of(33, 517, 33));
    all.add(GemmShape.of(3, 530, 20).transposed(false, true));
    // More rows than are packed at a time; widths around one and two vectors of each kind.
    all.add(GemmShape.of(70, 2, 5).transposed(true, false));
    for (int n : new int[] {1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 17, 23, 31, 33, 47, 63}) {
      all.add(GemmShape.of(1 + n % 13, n, 3).transposed(false, n % 3 == 0));
    }
    return all;
  }

  private static int lengthA(GemmShape s) {
    return s.count() * Math.max(s.strideA(), (s.transA() ? s.k() : s.m()) * s.lda()) + 5;
  }

  private static int lengthB(GemmShape s) {
    return s.count() * Math.max(s.strideB(), (s.transB() ? s.n() : s.k()) * s.ldb()) + 5;
  }

  private static int lengthC(GemmShape s) {
    return s.count() * Math.max(s.strideC(), s.m() * s.ldc()) + 5;
  }

  static float[] floats(Random r, int length) {
    float[] x = new float[length];
    for (int i = 0; i < length; i++) {
      x[i] = (float) r.nextGaussian();
    }
    return x;
  }

  static double[] doubles(Random r, int length) {
    return r.doubles(length, -2, 2).toArray();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void bitsFollowTheRule(Gemm gemm) {
    checkFloats(gemm);
    checkDoubles(gemm);
  }

  private static void checkFloats(Gemm gemm) {
    Random r = new Random(1);
    for (GemmShape s : shapes()) {
      float[] a = floats(r, lengthA(s));
      float[] b = floats(r, lengthB(s));
      float[] expected = floats(r, lengthC(s));
      float[] whole = expected.clone();
      float[] parts = expected.clone();
      float[] packed = expected.clone();
      float[] form = gemm.pack(s, floats(r, b.length), 2, (float[]) null);
      form = form == null ? null : gemm.pack(s, b, 2, form);
      rule(s, a, 3, b, 2, expected, 4);
      gemm.run(s, a, 3, b, 2, whole, 4);
      int cut = r.nextInt(s.rows() + 1);
      gemm.run(s, a, 3, b, 2, parts, 4, cut, s.rows());
      gemm.run(s, a, 3, b, 2, parts, 4, 0, cut);
      assertThat(whole).as("%s", s).isEqualTo(expected);
      assertThat(parts).as("%s cut at row %d", s, cut).isEqualTo(expected);
      if (form != null) {
        gemm.runPacked(s, a, 3, form, packed, 4, 0, cut);
        gemm.runPacked(s, a, 3, form, packed, 4, cut, s.rows());
        assertThat(packed).as("%s packed", s).isEqualTo(expected);
      }
    }
  }

  private static void checkDoubles(Gemm gemm) {
    Random r = new Random(2);
    for (GemmShape s : shapes()) {
      double[] a = doubles(r, lengthA(s));
      double[] b = doubles(r, lengthB(s));
      double[] expected = doubles(r, lengthC(s));
      double[] whole = expected.clone();
      double[] parts = expected.clone();
      double[] packed = expected.clone();
      double[] form = gemm.pack(s, doubles(r, b.length), 2, (double[]) null);
      form = form == null ? null : gemm.pack(s, b, 2, form);
      rule(s, a, 3, b, 2, expected, 4);
      gemm.run(s, a, 3, b, 2, whole, 4);
      int cut = r.nextInt(s.rows() + 1);
      gemm.run(s, a, 3, b, 2, parts, 4, cut, s.rows());
      gemm.run(s, a, 3, b, 2, parts, 4, 0, cut);
      assertThat(whole).as("%s", s).isEqualTo(expected);
      assertThat(parts).as("%s cut at row %d", s, cut).isEqualTo(expected);
      if (form != null) {
        gemm.runPacked(s, a, 3, form, packed, 4, 0, cut);
        gemm.runPacked(s, a, 3, form, packed, 4, cut, s.rows());
        assertThat(packed).as("%s packed", s).isEqualTo(expected);
      }
    }
  }

  @Test
  void floatProductIsCloseToDoubleAndToEjml() {
    Random r = new Random(3);
    EjmlGemm ejml = new EjmlGemm();
    for (GemmShape s : shapes()) {
      float[] a = floats(r, lengthA(s));
      float[] b = floats(r, lengthB(s));
      float[] c = floats(r, lengthC(s));
      float[] d = c.clone();
      double[] exact = widen(c);
      double[] absolute = abs(exact);
      rule(s, widen(a), 3, widen(b), 2, exact, 4);
      rule(s, abs(widen(a)), 3, abs(widen(b)), 2, absolute, 4);
      ScalarGemm.INSTANCE.run(s, a, 3, b, 2, c, 4);
      ejml.run(s, a, 3, b, 2, d, 4);
      double gamma = (s.k() + 3) * 0x1p-24;
      for (int i = 0; i < c.length; i++) {
        assertThat(Math.abs(c[i] - exact[i])).isLessThanOrEqualTo(gamma * absolute[i]);
        assertThat(Math.abs(d[i] - exact[i])).isLessThanOrEqualTo(gamma * absolute[i]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void nanAndInfinitySpreadOnlyAlongTheirRowAndColumn(Gemm gemm) {
    GemmShape s = GemmShape.of(9, 37, 11);
    float[] a = floats(new Random(4), 99);
    float[] b = floats(new Random(5), 11 * 37);
    float[] c = new float[9 * 37];
    java.util.Arrays.fill(c, Float.NaN); // beta = 0 must not read C
    a[2 * 11 + 5] = Float.NaN;
    b[3 * 37 + 36] = Float.POSITIVE_INFINITY;
    gemm.run(s, a, 0, b, 0, c, 0);
    for (int i = 0; i < 9; i++) {
      for (int j = 0; j < 37; j++) {
        float v = c[i * 37 + j];
        assertThat(Float.isNaN(v)).isEqualTo(i == 2);
        assertThat(Float.isInfinite(v)).isEqualTo(i != 2 && j == 36);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void emptyInnerExtentIsZeroOrLeavesC(Gemm gemm) {
    float[] c = {1, 2, 3, 4};
    gemm.run(GemmShape.of(2, 2, 0).accumulating(), c, 0, c, 0, c, 0);
    assertThat(c).containsExactly(1, 2, 3, 4);
    gemm.run(GemmShape.of(2, 2, 0), c, 0, c, 0, c, 0, 1, 2);
    assertThat(c).containsExactly(1, 2, 0, 0);
    gemm.run(GemmShape.of(0, 2, 3), c, 0, c, 0, c, 0);
  }

  @Test
  void operandsThatDoNotFitAreRefusedByName() {
    float[] x = new float[12];
    assertThatThrownBy(
            () -> ScalarGemm.INSTANCE.run(GemmShape.of(3, 3, 4), x, 0, x, 1, new float[9], 0))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("operand B needs 12 numbers from offset 1, the array has 12");
    assertThatThrownBy(() -> GemmShape.of(3, 4, 5).withRowStrides(4, 4, 4))
        .hasMessageContaining("lda must be at least 5");
    assertThatThrownBy(() -> GemmShape.of(3, 4, 5).batched(2, 0, 0, 11))
        .hasMessageContaining("overlap");
    assertThatThrownBy(() -> ScalarGemm.INSTANCE.run(GemmShape.of(3, 4, 1), x, 0, x, 0, x, 0, 1, 4))
        .hasMessageContaining("rows 1 to 4 requested of 3");
  }

  /** In a JVM that used other vector widths too, as other tests do, the code never gets fast. */
  @Test
  @Tag("own-jvm")
  void compiledVectorCodeTakesOverWithTheSameBits() {
    if (VectorGemm.preferredBits().isEmpty()) {
      return;
    }
    VectorGemm gemm = new VectorGemm(VectorGemm.preferredBits().get(), 1e6);
    assertThat(gemm.toString()).contains("float cold, double cold");
    gemm.prepare(DType.F32);
    assertThat(gemm.toString()).doesNotContain("float cold").contains("double cold");
    gemm.awaitReady();
    assertThat(gemm.toString()).contains("float ready, double ready");
    checkFloats(gemm);
    checkDoubles(gemm);
  }

  @Test
  void theChoiceIsReported() {
    assertThat(Gemms.open("scalar").reason()).contains("scalar");
    assertThat(Gemms.open("ejml").gemm().fixedRounding()).isFalse();
    assertThat(Gemms.open("auto").reason()).startsWith("gemm: ");
    assertThatThrownBy(() -> Gemms.open("fast")).hasMessageContaining("got fast");
  }

  private static double[] widen(float[] x) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i];
    }
    return y;
  }

  private static double[] abs(double[] x) {
    return java.util.Arrays.stream(x).map(Math::abs).toArray();
  }
}
