// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/**
 * Certified enclosure of the spectral norm of a dense matrix of doubles: both sides hold in exact
 * arithmetic for the stored numbers, every rounding and underflow included.
 *
 * <p>Upper side: Gram iteration (Delattre et al., Efficient Bound of Lipschitz Constant for
 * Convolutional Layers by Gram Iteration, ICML 2023). With {@code A_t+1 = 2^-e fl(A_t' A_t)} and
 * {@code eps} a bound of the product's rounding, {@code sigma(A_t)^2 <= 2^e sigma(A_t+1) + eps},
 * and {@code sigma(A_T) <= ||A_T||_F} starts the recursion back. The excess over sigma is at most
 * the factor {@code rank^(2^-(T+1))}. Rescaling is by powers of two only, so it is exact up to
 * underflow.
 *
 * <p>Lower side: {@code ||W v|| / ||v||} for a vector v from power iteration, with its rounding
 * error subtracted. A power iteration approaches the norm from below and is never an upper bound.
 */
public final class GramNorm {
  private static final int MAX_STEPS = 45;
  private static final double NO_GAIN = 1e-14;
  private static final int POWER_STEPS = 4;

  private GramNorm() {}

  /**
   * Bounds around a spectral norm.
   *
   * @param lower at most the norm, at least 0
   * @param upper at least the norm; infinite if the norm may exceed the largest double
   */
  public record Enclosure(double lower, double upper) {}

  /**
   * Encloses the spectral norm of a row-major matrix, with the process's default product.
   *
   * @param w at least rows * cols entries
   * @throws IllegalArgumentException if an entry is NaN or infinite
   */
  public static Enclosure enclose(double[] w, int rows, int cols) {
    return enclose(w, rows, cols, Default.GEMM);
  }

  /** Encloses as above; float entries widen exactly. */
  public static Enclosure enclose(float[] w, int rows, int cols) {
    double[] wide = new double[rows * cols];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = w[i];
    }
    return enclose(wide, rows, cols);
  }

  /** Returns an upper bound on the spectral norm; see {@link #enclose(double[], int, int)}. */
  public static double upper(double[] w, int rows, int cols) {
    return enclose(w, rows, cols).upper();
  }

  /**
   * Encloses the spectral norm with the given product, whose order of summation does not matter but
   * which must form each element from its n products (so no Strassen).
   */
  public static Enclosure enclose(double[] w, int rows, int cols, Gemm gemm) {
    return enclose(w, rows, cols, gemm, MAX_STEPS);
  }

  static Enclosure enclose(double[] w, int rows, int cols, Gemm gemm, int steps) {
    double largest = ScaledMatrix.largest(w, rows, cols);
    if (largest == 0) {
      return new Enclosure(0, 0);
    }
    ScaledMatrix start = ScaledMatrix.of(w, rows, cols, largest);
    ScaledMatrix a = start;
    int[] exponents = new int[steps];
    double[] errors = new double[steps];
    double best = a.frobeniusUp();
    for (int t = 0; t < steps; t++) {
      errors[t] = gramError(a);
      a = gram(a, gemm);
      exponents[t] = a.exponent();
      double bound = unwind(a, exponents, errors, t);
      boolean gained = bound < best * (1 - NO_GAIN);
      best = Math.min(best, bound);
      if (!gained) {
        break;
      }
    }
    double upper =
        Rounding.scaleUp(
            Rounding.addUp(best, ScaledMatrix.slack((long) rows * cols)), start.exponent());
    return new Enclosure(lower(start, dominantColumn(gram(a, gemm))), upper);
  }

  /**
   * Returns a lower bound on the spectral norm from power iteration alone: cheap for large
   * matrices.
   *
   * @param steps pairs of products with W and its transpose, at least 0
   */
  public static double lower(double[] w, int rows, int cols, int steps) {
    double largest = ScaledMatrix.largest(w, rows, cols);
    if (largest == 0) {
      return 0;
    }
    ScaledMatrix a = ScaledMatrix.of(w, rows, cols, largest);
    double[] v = new double[Math.min(rows, cols)];
    for (int i = 0; i < v.length; i++) {
      v[i] = 1 + Math.sin(i + 1.0); // any start not orthogonal to the singular vector will do
    }
    for (int t = 0; t < steps; t++) {
      v = PowerQuotient.normalise(shortProduct(a, longProduct(a, v)));
    }
    return lower(a, v);
  }

  /** Returns the smaller of A'A and AA', rescaled. */
  private static ScaledMatrix gram(ScaledMatrix a, Gemm gemm) {
    int n = Math.min(a.rows(), a.cols());
    double[] g = new double[n * n];
    GemmShape shape =
        a.rows() >= a.cols()
            ? GemmShape.of(n, n, a.rows()).transposed(true, false)
            : GemmShape.of(n, n, a.cols()).transposed(false, true);
    gemm.run(shape, a.a(), 0, a.a(), 0, g, 0);
    return ScaledMatrix.of(g, n, n, ScaledMatrix.largest(g, n, n));
  }

  /**
   * Returns an upper bound on the Frobenius norm of {@code fl(A'A) - A'A}: {@code |fl(A'A) - A'A|
   * <= gamma_k |A'||A|} and {@code || |A'||A| ||_F <= ||A||_F^2}; every product may also underflow.
   */
  private static double gramError(ScaledMatrix a) {
    int n = Math.min(a.rows(), a.cols());
    int k = Math.max(a.rows(), a.cols());
    double frobenius = a.frobeniusUp();
    double rounding = Rounding.mulUp(Rounding.gamma(k), Rounding.mulUp(frobenius, frobenius));
    return Rounding.addUp(rounding, 2 * ScaledMatrix.slack((long) n * n * k));
  }

  /** Returns an upper bound on sigma(A_0), from the last matrix A_t+1 back through the steps. */
  private static double unwind(ScaledMatrix last, int[] exponents, double[] errors, int t) {
    double bound = last.frobeniusUp();
    for (int i = t; i >= 0; i--) {
      double slack = ScaledMatrix.slack((long) last.rows() * last.cols());
      double gram = Rounding.scaleUp(Rounding.addUp(bound, slack), exponents[i]);
      bound = Rounding.sqrtUp(Rounding.addUp(gram, errors[i]));
    }
    return bound;
  }

  /**
   * Returns the column with the largest diagonal entry. Near convergence every column of a Gram
   * power points along the dominant vector.
   */
  private static double[] dominantColumn(ScaledMatrix g) {
    int n = g.rows();
    int best = 0;
    for (int i = 1; i < n; i++) {
      best = g.a()[i * n + i] > g.a()[best * n + best] ? i : best;
    }
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      v[i] = g.a()[i * n + best];
    }
    return v;
  }

  private static double lower(ScaledMatrix a, double[] start) {
    double[] v = start;
    for (int t = 0; t < POWER_STEPS; t++) {
      v = PowerQuotient.normalise(shortProduct(a, longProduct(a, v)));
    }
    return Rounding.scaleDown(PowerQuotient.lower(a, v), a.exponent());
  }

  /** Returns {@code A v} or {@code A' v}, whichever maps the short side to the long one. */
  private static double[] longProduct(ScaledMatrix a, double[] v) {
    return a.rows() >= a.cols() ? PowerQuotient.times(a, v) : PowerQuotient.transposedTimes(a, v);
  }

  private static double[] shortProduct(ScaledMatrix a, double[] v) {
    return a.rows() >= a.cols() ? PowerQuotient.transposedTimes(a, v) : PowerQuotient.times(a, v);
  }

  private static final class Default {
    static final Gemm GEMM = Gemms.open("auto").gemm();
  }
}
