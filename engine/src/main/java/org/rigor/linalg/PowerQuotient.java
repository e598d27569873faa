// SPDX-License-Identifier: Apache-2.0
package org.rigor.linalg;

/** The quotient ||A v|| / ||v|| of a scaled matrix, rounded down with all its errors. */
final class PowerQuotient {
  private PowerQuotient() {}

  /**
   * Returns a lower bound on {@code ||A v|| / ||v||}, or on {@code ||A' v|| / ||v||} if A has more
   * columns than rows; v has the length of the shorter side. Each computed element y_i of the
   * product is within {@code gamma_k z_i} plus underflow of the exact one, {@code z = |A||v|}.
   *
   * @param v finite, largest absolute entry 1, or zero (then the result is 0)
   */
  static double lower(ScaledMatrix a, double[] v) {
    boolean tall = a.rows() >= a.cols();
    double[] y = tall ? times(a, v) : transposedTimes(a, v);
    double[] magnitudes = abs(v);
    ScaledMatrix absolute = new ScaledMatrix(abs(a.a()), a.rows(), a.cols(), 0);
    double[] z = tall ? times(absolute, magnitudes) : transposedTimes(absolute, magnitudes);
    // Scaling A and each product may have underflowed; entries of v are at most 1.
    double slack = 4 * ScaledMatrix.slack((long) a.rows() * a.cols());
    return lower(y, z, v, v.length, slack);
  }

  /**
   * Returns the same bound from the computed products y of a map with v, and z of its magnitudes
   * with those of v.
   *
   * @param k number of products in the sum of an element
   * @param slack upper bound on the norm of the underflow error of y
   */
  static double lower(double[] y, double[] z, double[] v, int k, double slack) {
    double gamma = Rounding.gamma(k);
    double zNorm = Rounding.mulUp(normUp(z), Rounding.inflation(k));
    double error = Rounding.addUp(Rounding.mulUp(gamma, zNorm), slack);
    double product = Rounding.subDown(normDown(y), error);
    double length = normUp(v);
    return product <= 0 || length == 0 ? 0 : Rounding.divDown(product, length);
  }

  static double[] times(ScaledMatrix m, double[] v) {
    double[] y = new double[m.rows()];
    for (int i = 0; i < m.rows(); i++) {
      double sum = 0;
      for (int j = 0; j < m.cols(); j++) {
        sum = Math.fma(m.a()[i * m.cols() + j], v[j], sum);
      }
      y[i] = sum;
    }
    return y;
  }

  static double[] transposedTimes(ScaledMatrix m, double[] v) {
    double[] y = new double[m.cols()];
    for (int i = 0; i < m.rows(); i++) {
      for (int j = 0; j < m.cols(); j++) {
        y[j] = Math.fma(m.a()[i * m.cols() + j], v[i], y[j]);
      }
    }
    return y;
  }

  /** Divides by the largest magnitude; leaves zero as it is. */
  static double[] normalise(double[] v) {
    double largest = 0;
    for (double x : v) {
      largest = Math.max(largest, Math.abs(x));
    }
    for (int i = 0; i < v.length && largest > 0; i++) {
      v[i] /= largest;
    }
    return v;
  }

  static double[] abs(double[] x) {
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = Math.abs(x[i]);
    }
    return y;
  }

  private static double normUp(double[] x) {
    double squares = Rounding.mulUp(squares(x), Rounding.inflation(x.length));
    return Rounding.sqrtUp(Rounding.addUp(squares, ScaledMatrix.slack(x.length)));
  }

  private static double normDown(double[] x) {
    double squares = Rounding.mulDown(squares(x), Rounding.deflation(x.length));
    return Rounding.sqrtDown(Rounding.subDown(squares, ScaledMatrix.slack(x.length)));
  }

  private static double squares(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum = Math.fma(v, v, sum);
    }
    return sum;
  }
}
