// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * Certified upper bounds on the largest eigenvalue of symmetric matrices. If a floating-point
 * Cholesky factorisation of {@code s I - E} completes, that matrix is definite up to rounding
 * (Rump, Verification of positive definiteness, BIT 46, 2006). One factorisation costs a fraction
 * of forming a Gram matrix, so many matrices are compared with one s, and s rises where one fails.
 */
final class DefiniteBound {
  /** Rows that share one product with all rows before them, and those that share a small one. */
  private static final int BLOCK = 64;

  private static final int ROWS = 8;

  private DefiniteBound() {}

  /**
   * Tests whether {@code s I - E} factors; then every eigenvalue of E is at most {@link #reached}.
   * From each block of rows, {@code R'R} of the earlier rows of the factor R is subtracted at once,
   * then in smaller blocks, then row by row, so that each element of R is one sum in some order, as
   * Higham's theorem 10.3 requires; a term meets n + 7 roundings at most.
   *
   * @param e symmetric, row-major, upper triangle read, diagonal at least 0
   * @param work n * n scratch
   * @param strip {@link #BLOCK} * n scratch
   */
  static boolean below(double[] e, int n, double s, double[] work, double[] strip, Gemm gemm) {
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        work[i * n + j] = -e[i * n + j];
      }
      work[i * n + i] += s;
      if (!(work[i * n + i] > 0)) {
        return false;
      }
    }
    for (int from = 0; from < n; from += BLOCK) {
      int to = Math.min(n, from + BLOCK);
      takeOff(work, n, 0, from, to, strip, gemm);
      for (int row = from; row < to; row += ROWS) {
        int end = Math.min(to, row + ROWS);
        takeOff(work, n, from, row, end, strip, gemm);
        if (!eliminate(work, n, row, end)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Subtracts the contribution of factor rows {@code first} to {@code from} from later rows. */
  private static void takeOff(
      double[] a, int n, int first, int from, int to, double[] strip, Gemm gemm) {
    if (first == from) {
      return;
    }
    int width = n - from;
    int at = first * n + from;
    GemmShape shape = GemmShape.of(to - from, width, from - first).transposed(true, false);
    gemm.run(shape.withRowStrides(n, n, width), a, at, a, at, strip, 0);
    for (int i = 0; i < to - from; i++) {
      int row = (from + i) * n + from;
      for (int j = i; j < width; j++) {
        a[row + j] -= strip[i * width + j];
      }
    }
  }

  private static boolean eliminate(double[] a, int n, int from, int to) {
    for (int k = from; k < to; k++) {
      double pivot = a[k * n + k];
      if (!(pivot > 0) || pivot == Double.POSITIVE_INFINITY) {
        return false;
      }
      double root = Math.sqrt(pivot);
      for (int j = k * n + k; j < (k + 1) * n; j++) {
        a[j] /= root;
      }
      for (int i = k + 1; i < to; i++) {
        subtract(a, i * n + i, k * n + i, a[k * n + i], n - i);
      }
    }
    return true;
  }

  private static void subtract(double[] a, int at, int from, double factor, int count) {
    for (int j = 0; j < count; j++) {
      a[at + j] -= factor * a[from + j];
    }
  }

  /**
   * Returns an upper bound on the largest eigenvalue of E if {@link #below} holds for s. The factor
   * satisfies {@code R'R = S + F} with {@code |F_ij| <= g sqrt(s_ii s_jj)}, g = gamma_(n+8) / (1 -
   * gamma_(n+8)), for the computed S, so the least eigenvalue of S is at least {@code -g tr(S)};
   * and the diagonal of S was rounded once.
   */
  static double reached(double s, int n) {
    double g = Rounding.divUp(Rounding.gamma(n + 8L), Rounding.deflation(n + 8L));
    double trace = Rounding.mulUp(n, Rounding.mulUp(s, Rounding.inflation(1)));
    double lost = Rounding.addUp(Rounding.mulUp(g, trace), Rounding.mulUp(Rounding.UNIT, s));
    return Rounding.addUp(Rounding.addUp(s, lost), ScaledMatrix.TINY);
  }

  /**
   * Returns the largest Ritz value of E from a Lanczos iteration with full orthogonalisation, and
   * its residual: an estimate, used only to choose s.
   */
  static double[] estimate(double[] e, int n, int most) {
    int steps = Math.min(n, most);
    double[][] q = new double[steps][n];
    double[] alpha = new double[steps];
    double[] beta = new double[steps];
    for (int i = 0; i < n; i++) {
      q[0][i] = 1 + Math.sin(i + 1.0);
    }
    scale(q[0], 1 / Math.sqrt(dot(q[0], q[0])));
    int done = 0;
    double top = 0;
    for (int k = 0; k < steps; k++) {
      double[] w = new double[n];
      for (int i = 0; i < n; i++) {
        axpy(q[k][i], e, i * n, w);
      }
      top = Math.max(top, Math.sqrt(dot(w, w)));
      alpha[k] = dot(q[k], w);
      for (int again = 0; again < 2; again++) {
        for (int j = k; j >= 0; j--) {
          axpy(-dot(q[j], w), q[j], 0, w);
        }
      }
      beta[k] = Math.sqrt(dot(w, w));
      done = k + 1;
      if (done == steps || beta[k] <= 1e-14 * top) {
        break;
      }
      scale(w, 1 / beta[k]);
      q[k + 1] = w;
    }
    double[] t = new double[done * done];
    for (int k = 0; k < done; k++) {
      t[k * done + k] = alpha[k];
      if (k + 1 < done) {
        t[k * done + k + 1] = beta[k];
        t[(k + 1) * done + k] = beta[k];
      }
    }
    SymmetricEigen ritz = SymmetricEigen.of(t, done);
    double last = ritz.vectors()[(done - 1) * done + done - 1];
    return new double[] {ritz.values()[done - 1], Math.abs(beta[done - 1] * last)};
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void axpy(double factor, double[] x, int from, double[] y) {
    for (int i = 0; i < y.length; i++) {
      y[i] += factor * x[from + i];
    }
  }

  private static void scale(double[] x, double factor) {
    for (int i = 0; i < x.length; i++) {
      x[i] *= factor;
    }
  }

  static int stripSize(int n) {
    return BLOCK * n;
  }
}
