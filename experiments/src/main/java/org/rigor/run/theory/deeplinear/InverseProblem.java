// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.linalg.Qr;
import org.rigor.linalg.SpectralNorm;
import org.rigor.nn.Parameter;
import org.rigor.nn.TrialKey;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Range;
import org.rigor.tensor.Shape;

/**
 * A linear inverse problem with signals in a subspace: signals {@code X = R Z}, measurements {@code
 * Y = A X}.
 *
 * @param signals R, d x s, orthonormal columns
 * @param forward A, m x d, entries N(0, 1/m), or made orthonormal on the range of R
 * @param codes Z, s x n, singular values from 1/kappa to 1 in equal steps
 * @param x signals, d x n
 * @param y measurements, m x n
 */
public record InverseProblem(Matrix signals, Matrix forward, Matrix codes, Matrix x, Matrix y) {

  /** Extents of a problem. */
  @Doc("Extents of the inverse problem.")
  public record Size(
      @Doc("Extent d of a signal.") @Range(min = 2, max = 4096) @Default("60") int signal,
      @Doc("Measurements m of a signal, at most d.") @Range(min = 2, max = 4096) @Default("30")
          int measurements,
      @Doc("Dimension s of the signals' subspace, at most m.")
          @Range(min = 1, max = 512)
          @Default("4")
          int subspace,
      @Doc("Training samples n, at least s.") @Range(min = 1, max = 100000) @Default("60")
          int samples) {
    public Size {
      if (subspace > Math.min(measurements, samples) || measurements > signal) {
        throw new IllegalArgumentException(
            "need subspace <= measurements <= signal and subspace <= samples, got %d, %d, %d, %d"
                .formatted(subspace, measurements, signal, samples));
      }
    }
  }

  /**
   * @param kappa condition number of the codes, at least 1
   * @param isometric replaces A by {@code A - (A R) R' + Q R'} with Q the orthonormal factor of A
   *     R, so that A keeps the lengths of signals (restricted isometry with constant 0)
   */
  public static InverseProblem of(long seed, Size size, double kappa, boolean isometric) {
    TrialKey key = TrialKey.of(seed, "deep-linear");
    Matrix r = orthonormal(normal(key, "signals", size.signal(), size.subspace(), 1));
    Matrix a =
        normal(
            key, "forward", size.measurements(), size.signal(), 1 / Math.sqrt(size.measurements()));
    if (isometric) {
      Matrix ar = a.times(r);
      a = a.plus(1, orthonormal(ar).minus(ar).times(r.transpose()));
    }
    Matrix u = orthonormal(normal(key, "left", size.subspace(), size.subspace(), 1));
    Matrix v = orthonormal(normal(key, "right", size.samples(), size.subspace(), 1));
    double[] values = new double[size.subspace()];
    for (int i = 0; i < size.subspace(); i++) {
      double share = size.subspace() == 1 ? 1 : (double) i / (size.subspace() - 1);
      values[i] = 1 / kappa + share * (1 - 1 / kappa);
    }
    Matrix z = u.scaleColumns(values).times(v.transpose());
    Matrix x = r.times(z);
    return new InverseProblem(r, a, z, x, a.times(x));
  }

  /** Returns a matrix of independent normal entries, a pure function of key and name. */
  static Matrix normal(TrialKey key, String name, int rows, int cols, double deviation) {
    Parameter p = new Parameter(name, Shape.of(rows, cols), new Parameter.Normal(deviation));
    return new Matrix(rows, cols, p.initial(List.of(key)).toDouble().doubles());
  }

  static Matrix orthonormal(Matrix a) {
    return new Matrix(a.rows(), a.cols(), Qr.of(a.data(), a.rows(), a.cols()).q());
  }

  /** Returns A R, the measurements of codes: m x s. */
  public Matrix restricted() {
    return forward.times(signals);
  }

  /** Returns Q, an orthonormal basis of the measurements' range: m x s. */
  public Matrix range() {
    return orthonormal(restricted());
  }

  /** Returns P_perp, the projector onto the complement of the measurements' range: m x m. */
  public Matrix offRange() {
    Matrix q = range();
    return Matrix.identity(q.rows()).minus(q.times(q.transpose()));
  }

  /** Returns the oracle {@code R (A R)^+}, which knows the subspace: d x m. */
  public Matrix oracle() {
    Qr qr = Qr.of(restricted().data(), forward.rows(), signals.cols());
    Matrix q = new Matrix(qr.rows(), qr.cols(), qr.q());
    return signals.times(inverseUpper(qr)).times(q.transpose());
  }

  private static Matrix inverseUpper(Qr qr) {
    int n = qr.cols();
    double[] inv = new double[n * n];
    for (int c = 0; c < n; c++) {
      for (int r = n - 1; r >= 0; r--) {
        double sum = r == c ? 1 : 0;
        for (int k = r + 1; k < n; k++) {
          sum -= qr.r()[r * n + k] * inv[k * n + c];
        }
        inv[r * n + c] = sum / qr.r()[r * n + r];
      }
    }
    return new Matrix(n, n, inv);
  }

  /** Returns the nonzero singular values of Y, largest first. */
  public double[] measuredSpectrum() {
    // Y = A R Z and Z has orthonormal rows times factors, so s columns carry all of them.
    Matrix core = range().transpose().times(y);
    return SpectralNorm.singularValues(core.data(), core.rows(), core.cols());
  }

  /** Returns the nonzero singular values of X, largest first. */
  public double[] signalSpectrum() {
    return SpectralNorm.singularValues(codes.data(), codes.rows(), codes.cols());
  }

  public int d() {
    return forward.cols();
  }

  public int m() {
    return forward.rows();
  }

  public int s() {
    return signals.cols();
  }
}
