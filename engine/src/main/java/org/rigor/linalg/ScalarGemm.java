// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

import java.util.Arrays;

/**
 * The reference product in plain Java: what every other provider with fixed rounding must equal bit
 * by bit, and what runs where the vector module is missing.
 */
public final class ScalarGemm implements Gemm {

  /** The only instance; its only state is scratch memory per thread. */
  public static final ScalarGemm INSTANCE = new ScalarGemm();

  private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

  private ScalarGemm() {}

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public boolean fixedRounding() {
    return true;
  }

  @Override
  public void run(
      GemmShape s,
      float[] a,
      int aOff,
      float[] b,
      int bOff,
      float[] c,
      int cOff,
      int fromRow,
      int toRow) {
    s.check(a.length, aOff, b.length, bOff, c.length, cOff, fromRow, toRow);
    int aRow = s.transA() ? 1 : s.lda();
    int aStep = s.transA() ? s.lda() : 1;
    for (int r = fromRow; r < toRow; ) {
      int t = r / s.m();
      int i = r - t * s.m();
      int rows = Math.min(s.m() - i, toRow - r);
      int ao = aOff + t * s.strideA() + i * aRow;
      int bo = bOff + t * s.strideB();
      int co = cOff + t * s.strideC() + i * s.ldc();
      if (s.k() == 0 && !s.accumulate()) {
        fill(c, co, s.ldc(), rows, s.n());
      }
      for (int k0 = 0; k0 < s.k(); k0 += BLOCK) {
        int kc = Math.min(BLOCK, s.k() - k0);
        boolean add = s.accumulate() || k0 > 0;
        block(s, a, ao + k0 * aStep, aRow, aStep, b, bo, k0, kc, c, co, rows, add);
      }
      r += rows;
    }
  }

  private void block(
      GemmShape s,
      float[] a,
      int ao,
      int aRow,
      int aStep,
      float[] b,
      int bOff,
      int k0,
      int kc,
      float[] c,
      int co,
      int rows,
      boolean add) {
    int n = s.n();
    Scratch mine = scratch.get();
    float[] sum = mine.floats(n);
    float[] bBlock = b;
    int bo = bOff + k0 * s.ldb();
    int bRow = s.ldb();
    if (s.transB()) {
      bBlock = mine.floatBlock(kc * n);
      for (int j = 0; j < n; j++) {
        for (int p = 0; p < kc; p++) {
          bBlock[p * n + j] = b[bOff + j * s.ldb() + k0 + p];
        }
      }
      bo = 0;
      bRow = n;
    }
    for (int i = 0; i < rows; i++) {
      Arrays.fill(sum, 0, n, 0f);
      int at = ao + i * aRow;
      int p = 0;
      for (; p + 4 <= kc; p += 4) {
        chain4(a, at + p * aStep, aStep, bBlock, bo + p * bRow, bRow, sum, n);
      }
      for (; p < kc; p++) {
        chain(a[at + p * aStep], bBlock, bo + p * bRow, sum, n);
      }
      int row = co + i * s.ldc();
      for (int j = 0; j < n; j++) {
        c[row + j] = add ? c[row + j] + sum[j] : sum[j];
      }
    }
  }

  // Four links of the chain at a time, so that the sums are loaded and stored a quarter as often.
  private static void chain4(
      float[] a, int ao, int aStep, float[] b, int bo, int bRow, float[] sum, int n) {
    float x0 = a[ao];
    float x1 = a[ao + aStep];
    float x2 = a[ao + 2 * aStep];
    float x3 = a[ao + 3 * aStep];
    int b1 = bo + bRow;
    int b2 = b1 + bRow;
    int b3 = b2 + bRow;
    for (int j = 0; j < n; j++) {
      float s = Math.fma(x1, b[b1 + j], Math.fma(x0, b[bo + j], sum[j]));
      sum[j] = Math.fma(x3, b[b3 + j], Math.fma(x2, b[b2 + j], s));
    }
  }

  private static void chain(float x, float[] b, int bo, float[] sum, int n) {
    for (int j = 0; j < n; j++) {
      sum[j] = Math.fma(x, b[bo + j], sum[j]);
    }
  }

  static void fill(float[] c, int co, int ldc, int rows, int n) {
    for (int i = 0; i < rows; i++) {
      Arrays.fill(c, co + i * ldc, co + i * ldc + n, 0f);
    }
  }

  @Override
  public void run(
      GemmShape s,
      double[] a,
      int aOff,
      double[] b,
      int bOff,
      double[] c,
      int cOff,
      int fromRow,
      int toRow) {
    s.check(a.length, aOff, b.length, bOff, c.length, cOff, fromRow, toRow);
    int aRow = s.transA() ? 1 : s.lda();
    int aStep = s.transA() ? s.lda() : 1;
    for (int r = fromRow; r < toRow; ) {
      int t = r / s.m();
      int i = r - t * s.m();
      int rows = Math.min(s.m() - i, toRow - r);
      int ao = aOff + t * s.strideA() + i * aRow;
      int bo = bOff + t * s.strideB();
      int co = cOff + t * s.strideC() + i * s.ldc();
      if (s.k() == 0 && !s.accumulate()) {
        fill(c, co, s.ldc(), rows, s.n());
      }
      for (int k0 = 0; k0 < s.k(); k0 += BLOCK) {
        int kc = Math.min(BLOCK, s.k() - k0);
        boolean add = s.accumulate() || k0 > 0;
        block(s, a, ao + k0 * aStep, aRow, aStep, b, bo, k0, kc, c, co, rows, add);
      }
      r += rows;
    }
  }

  private void block(
      GemmShape s,
      double[] a,
      int ao,
      int aRow,
      int aStep,
      double[] b,
      int bOff,
      int k0,
      int kc,
      double[] c,
      int co,
      int rows,
      boolean add) {
    int n = s.n();
    Scratch mine = scratch.get();
    double[] sum = mine.doubles(n);
    double[] bBlock = b;
    int bo = bOff + k0 * s.ldb();
    int bRow = s.ldb();
    if (s.transB()) {
      bBlock = mine.doubleBlock(kc * n);
      for (int j = 0; j < n; j++) {
        for (int p = 0; p < kc; p++) {
          bBlock[p * n + j] = b[bOff + j * s.ldb() + k0 + p];
        }
      }
      bo = 0;
      bRow = n;
    }
    for (int i = 0; i < rows; i++) {
      Arrays.fill(sum, 0, n, 0d);
      int at = ao + i * aRow;
      int p = 0;
      for (; p + 4 <= kc; p += 4) {
        chain4(a, at + p * aStep, aStep, bBlock, bo + p * bRow, bRow, sum, n);
      }
      for (; p < kc; p++) {
        chain(a[at + p * aStep], bBlock, bo + p * bRow, sum, n);
      }
      int row = co + i * s.ldc();
      for (int j = 0; j < n; j++) {
        c[row + j] = add ? c[row + j] + sum[j] : sum[j];
      }
    }
  }

  // Four links of the chain at a time, so that the sums are loaded and stored a quarter as often.
  private static void chain4(
      double[] a, int ao, int aStep, double[] b, int bo, int bRow, double[] sum, int n) {
    double x0 = a[ao];
    double x1 = a[ao + aStep];
    double x2 = a[ao + 2 * aStep];
    double x3 = a[ao + 3 * aStep];
    int b1 = bo + bRow;
    int b2 = b1 + bRow;
    int b3 = b2 + bRow;
    for (int j = 0; j < n; j++) {
      double s = Math.fma(x1, b[b1 + j], Math.fma(x0, b[bo + j], sum[j]));
      sum[j] = Math.fma(x3, b[b3 + j], Math.fma(x2, b[b2 + j], s));
    }
  }

  private static void chain(double x, double[] b, int bo, double[] sum, int n) {
    for (int j = 0; j < n; j++) {
      sum[j] = Math.fma(x, b[bo + j], sum[j]);
    }
  }

  static void fill(double[] c, int co, int ldc, int rows, int n) {
    for (int i = 0; i < rows; i++) {
      Arrays.fill(c, co + i * ldc, co + i * ldc + n, 0d);
    }
  }

  /** Growing scratch of one thread: a row of sums, and a transposed block of B. */
  private static final class Scratch {
    private float[] floats = {};
    private float[] floatBlock = {};
    private double[] doubles = {};
    private double[] doubleBlock = {};

    float[] floats(int n) {
      return floats = floats.length < n ? new float[n] : floats;
    }

    float[] floatBlock(int n) {
      return floatBlock = floatBlock.length < n ? new float[n] : floatBlock;
    }

    double[] doubles(int n) {
      return doubles = doubles.length < n ? new double[n] : doubles;
    }

    double[] doubleBlock(int n) {
      return doubleBlock = doubleBlock.length < n ? new double[n] : doubleBlock;
    }
  }
}
