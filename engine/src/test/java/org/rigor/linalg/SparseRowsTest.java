// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Skipping zeros changes no bit of a product; the whole one, in scalar code, is the reference. */
class SparseRowsTest {
  private static final int M = 300;
  private static final int N = 70;
  private static final int K = 300;
  private static final GemmShape SHAPE = GemmShape.of(M, N, K).transposed(false, true);

  /** Rows 3 and 4 of any ten, and of those columns that no remainder by three forbids. */
  private static boolean kept(int row, int column) {
    return row % 10 > 2 && row % 10 < 5 && column % 3 != row / 150;
  }

  private static double[] left(DoubleUnaryOperator change) {
    Random random = new Random(1);
    double[] a = new double[M * K];
    for (int i = 0; i < a.length; i++) {
      double x = random.nextGaussian();
      a[i] = kept(i / K, i % K) ? change.applyAsDouble(x) : i % 7 == 0 ? -0.0 : 0;
    }
    return a;
  }

  private static double[] right() {
    return new Random(2).doubles((long) N * K, -1, 1).toArray();
  }

  private static double[] product(VectorGemm gemm, double[] a, double[] b, int parts) {
    double[] packed = gemm.pack(SHAPE, b, 0, null);
    double[] c = new Random(3).doubles((long) M * N).toArray();
    for (int part = 0; part < parts; part++) {
      gemm.runPacked(SHAPE, a, 0, packed, c, 0, M * part / parts, M * (part + 1) / parts);
    }
    return c;
  }

  private static void assertBits(double[] a, double[] b) {
    double[] expected = new double[M * N];
    ScalarGemm.INSTANCE.run(SHAPE, a, 0, b, 0, expected, 0);
    VectorGemm.preferredBits()
        .ifPresent(
            bits -> {
              for (int parts : new int[] {1, 3}) {
                double[] found = product(new VectorGemm(bits, 0), a, b, parts);
                for (int i = 0; i < found.length; i++) {
                  long wanted = Double.doubleToLongBits(expected[i]);
                  assertThat(Double.doubleToLongBits(found[i]))
                      .as("element %d", i)
                      .isEqualTo(wanted);
                }
              }
            });
  }

  @Test
  void zerosOfBothSignsChangeNoBit() {
    assertBits(left(x -> x), right());
  }

  /** A sum that underflows is -0 until a zero follows: then the zeros must be there. */
  @ParameterizedTest
  @ValueSource(doubles = {1e-110, 1e-170, 1e-200, 1e-300, Double.MIN_VALUE})
  void tinyNumbersChangeNoBit(double scale) {
    double[] b = right();
    for (int i = 0; i < b.length; i++) {
      b[i] *= scale;
    }
    assertBits(left(x -> x), b);
    assertBits(left(x -> x * scale), right());
    assertBits(left(x -> x * scale), b);
    assertBits(left(x -> Math.abs(x) < 0.3 ? 1 : -scale), b);
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.MAX_VALUE})
  void numbersWithoutBoundChangeNoBit(double large) {
    double[] b = right();
    b[5 * K + 8] = large;
    assertBits(left(x -> x), b);
    assertBits(left(x -> x > 2 ? large : x), right());
  }

  /** Sixty of 300 rows are not zero, and 200 of 300 columns in each half of them. */
  @Test
  void onlyRowsAndColumnsThatAreNotZeroAreMultiplied() {
    double[] a = left(x -> x);
    assertThat(SparseRows.pays(SHAPE, a, 0, 0, M)).isTrue();
    List<String> done = new ArrayList<>();
    SparseRows.Dense dense = (x, k, y, c, m, add) -> done.add(m + " x " + k + (add ? " more" : ""));
    int half = M / 2;
    int padded = 72;
    double[] packed = new double[padded * K];
    double[] c = new double[M * N];
    SparseRows sparse = new SparseRows();
    assertThat(sparse.run(SHAPE, a, 0, packed, 8, into(c), 0, half, dense)).isTrue();
    assertThat(sparse.run(SHAPE, a, 0, packed, 8, into(c), half, M, dense)).isTrue();
    assertThat(done).containsExactly("30 x 170", "30 x 30 more", "30 x 171", "30 x 29 more");
  }

  /** Of sparse, tiny and dense rows: each comes with the bits of the product in memory. */
  @Test
  void rowsAreHandedOn() {
    int bits = VectorGemm.preferredBits().orElse(0);
    assumeTrue(bits > 0);
    VectorGemm gemm = new VectorGemm(bits, 0);
    double[] b = right();
    double[] packed = gemm.pack(SHAPE, b, 0, null);
    double[] dense = new Random(5).doubles(M * K, -1, 1).toArray();
    for (double[] a : List.of(left(x -> x), left(x -> x > 2 ? 1e-300 : x), dense)) {
      double[] found = new double[M * N];
      gemm.runPacked(SHAPE, a, 0, packed, new double[M * N], 0, 0, M, into(found));
      double[] c = new double[M * N];
      gemm.runPacked(SHAPE, a, 0, packed, c, 0, 0, M);
      assertThat(found).isEqualTo(c);
    }
  }

  /** Before the vector code is ready, too. */
  @Test
  void scalarCodeSkipsZerosWithTheSameBits() {
    double[] b = right();
    double[] dense = new Random(5).doubles(M * K, -1, 1).toArray();
    SparseRows sparse = new SparseRows();
    for (double[] a : List.of(left(x -> x), left(x -> x > 2 ? 1e-300 : x), dense)) {
      double[] found = new double[M * N];
      sparse.scalar(SHAPE, a, 0, b, 0, found, 0, 0, M);
      double[] whole = new double[M * N];
      ScalarGemm.INSTANCE.run(SHAPE, a, 0, b, 0, whole, 0);
      assertThat(found).isEqualTo(whole);
    }
  }

  /** 66 and 72 columns take the same number of panels. */
  @Test
  void aWiderProductFollowsANarrowerOne() {
    SparseRows sparse = new SparseRows();
    for (int n : new int[] {66, 72}) {
      GemmShape s = GemmShape.of(64, n, 1);
      double[] a = new double[64];
      Arrays.fill(a, 1);
      double[] c = new double[64 * n];
      SparseRows.Dense ones = (x, k, y, out, m, add) -> Arrays.fill(out, 0, m * n, 1);
      Gemm.Rows rows = (row, values, at) -> System.arraycopy(values, at, c, row * n, n);
      assertThat(sparse.run(s, a, 0, new double[72], 8, rows, 0, 64, ones)).isTrue();
      assertThat(c).containsOnly(1);
    }
  }

  private static Gemm.Rows into(double[] c) {
    return (row, values, at) -> System.arraycopy(values, at, c, row * N, N);
  }

  /** Of four samples that take turns, each keeps a quarter of the columns. */
  @Test
  void rowsOfOneSampleShareTheirColumns() {
    double[] a = new double[M * K];
    for (int i = 0; i < a.length; i++) {
      a[i] = i / K % 4 == i % K % 4 ? i + 1 : 0;
    }
    List<String> done = new ArrayList<>();
    SparseRows.Dense dense = (x, k, y, c, m, add) -> done.add(m + " x " + k);
    double[] packed = new double[72 * K];
    assertThat(SparseRows.pays(SHAPE, a, 0, 0, M)).isFalse(); // three quarters are not enough
    new SparseRows().run(SHAPE, a, 0, packed, 8, into(new double[M * N]), 0, M, dense);
    assertThat(done).hasSize(16).startsWith("64 x 64", "64 x 11", "11 x 64", "11 x 11");
    assertBits(a, right());
  }

  /** Half of the numbers are zero behind a ReLU, but in no row or column all. */
  @Test
  void scatteredZerosAreMultiplied() {
    double[] a = new Random(4).doubles((long) M * K, -1, 1).map(x -> Math.max(x, 0)).toArray();
    assertThat(SparseRows.pays(SHAPE, a, 0, 0, M)).isFalse();
    assertBits(a, right());
  }
}
