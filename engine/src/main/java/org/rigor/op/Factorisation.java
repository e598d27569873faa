// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import org.rigor.tensor.Shape;

/**
 * Cholesky, QR and triangular solves in plain Java, rounding in the order of {@code solve.cu}, and
 * the shape rules they share. Each call works on one matrix, or one column, of many.
 */
final class Factorisation {
  /** Shared memory, in bytes, that every device gives a block. */
  static final int SHARED = 48 * 1024;

  private static final int LANES = 32;

  private Factorisation() {}

  /**
   * Counts the matrices per model of [M, ..., rows, cols].
   *
   * @throws IllegalArgumentException if it has no matrices
   */
  static int count(Shape s) {
    if (s.rank() < 3) {
      throw new IllegalArgumentException("operands must be [M, ..., rows, cols], got " + s);
    }
    return Math.toIntExact(s.size() / s.models() / s.dim(-1) / s.dim(-2));
  }

  /**
   * @throws IllegalArgumentException unless the last two extents agree
   */
  static void square(Shape s) {
    count(s);
    if (s.dim(-1) != s.dim(-2)) {
      throw new IllegalArgumentException("matrices must be square, got " + s);
    }
  }

  /** Factors matrix {@code item} of [n, n] into {@code l}, at the same place. */
  static void cholesky(RealBlock a, RealBlock l, int item, int n) {
    int at = item * n * n;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double mean = l.r(l.r(a.get(at + i * n + j) + a.get(at + j * n + i)) * 0.5);
        l.set(at + i * n + j, j <= i ? mean : 0);
      }
    }
    for (int k = 0; k < n; k++) {
      double pivot = l.get(at + k * n + k);
      if (!(pivot > 0 && pivot < Double.POSITIVE_INFINITY)) {
        l.fill(at, n * n, Double.NaN);
        return;
      }
      double root = l.r(Math.sqrt(pivot));
      l.set(at + k * n + k, root);
      for (int i = k + 1; i < n; i++) {
        l.set(at + i * n + k, l.get(at + i * n + k) / root);
      }
      for (int i = k + 1; i < n; i++) {
        double x = l.get(at + i * n + k);
        for (int j = k + 1; j <= i; j++) {
          int e = at + i * n + j;
          l.set(e, l.get(e) - l.r(x * l.get(at + j * n + k)));
        }
      }
    }
  }

  /** Factors matrix {@code item} of [m, n] into Q above R, [m + n, n]. */
  static void qr(RealBlock a, RealBlock out, int item, int m, int n) {
    int q = item * (m + n) * n;
    int upper = q + m * n;
    for (int e = 0; e < m * n; e++) {
      out.set(q + e, a.get(item * m * n + e));
    }
    double[] tau = new double[n];
    for (int k = 0; k < n; k++) {
      double head = out.get(q + k * n + k);
      double norm =
          out.r(Math.sqrt(out.r(out.r(head * head) + product(out, q, n, k + 1, m, k, k))));
      double beta = norm == 0 ? 0 : head >= 0 ? -norm : norm;
      double divisor = norm == 0 ? 1 : out.r(head - beta);
      tau[k] = norm == 0 ? 0 : out.r(out.r(beta - head) / beta);
      for (int i = k + 1; i < m; i++) {
        out.set(q + i * n + k, out.get(q + i * n + k) / divisor);
      }
      out.set(q + k * n + k, beta);
      reflect(out, q, n, m, k, tau[k]);
    }
    for (int i = 0; i < n; i++) {
      boolean negative = out.get(q + i * n + i) < 0;
      for (int j = 0; j < n; j++) {
        double x = out.get(q + i * n + j);
        out.set(upper + i * n + j, j < i ? 0 : negative ? -x : x);
      }
      out.fill(q + i * n + i + 1, n - i - 1, 0);
    }
    for (int k = n - 1; k >= 0; k--) {
      double sign = out.get(q + k * n + k) < 0 ? -1 : 1;
      reflect(out, q, n, m, k, tau[k]);
      for (int i = k; i < m; i++) {
        double x = i == k ? out.r(1 - tau[k]) : out.r(-tau[k] * out.get(q + i * n + k));
        out.set(q + i * n + k, sign * x);
      }
    }
  }

  /**
   * Returns the dot product of columns j and k over rows {@code from} on, in 32 lanes summed by
   * halving.
   */
  private static double product(RealBlock b, int q, int n, int from, int m, int j, int k) {
    double[] lane = new double[LANES];
    for (int i = from; i < m; i++) {
      int l = (i - from) % LANES;
      lane[l] = b.r(lane[l] + b.r(b.get(q + i * n + j) * b.get(q + i * n + k)));
    }
    for (int h = LANES / 2; h > 0; h /= 2) {
      for (int l = 0; l < h; l++) {
        lane[l] = b.r(lane[l] + lane[l + h]);
      }
    }
    return lane[0];
  }

  private static void reflect(RealBlock b, int q, int n, int m, int k, double tau) {
    for (int j = k + 1; j < n; j++) {
      double head = b.get(q + k * n + j);
      double s = b.r(b.r(head + product(b, q, n, k + 1, m, k, j)) * tau);
      b.set(q + k * n + j, head - s);
      for (int i = k + 1; i < m; i++) {
        int e = q + i * n + j;
        b.set(e, b.get(e) - b.r(s * b.get(q + i * n + k)));
      }
    }
  }

  /** Solves for column {@code e % k} of matrix {@code e / k}. */
  static void triangular(
      RealBlock t,
      RealBlock b,
      RealBlock x,
      int e,
      int n,
      int k,
      boolean upper,
      boolean transposed) {
    boolean down = upper == transposed;
    int a = e / k * n * n;
    int column = e / k * n * k + e % k;
    for (int i0 = 0; i0 < n; i0++) {
      int i = down ? i0 : n - 1 - i0;
      double sum = b.get(column + i * k);
      for (int j0 = 0; j0 < i0; j0++) {
        int j = down ? j0 : n - 1 - j0;
        double f = t.get(a + (transposed ? j * n + i : i * n + j));
        sum = x.r(sum - x.r(f * x.get(column + j * k)));
      }
      x.set(column + i * k, sum / t.get(a + i * n + i));
    }
  }
}
