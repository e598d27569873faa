// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.understanding;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.Qr;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.Draws;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.uncertainty.Potential;

/**
 * The posterior of the mean w of N normal samples of known precision A, flat prior: {@code U(w) =
 * 1/2 sum_n (w - y_n)' A (w - y_n)}, so w ~ N(mean y, Lam^-1) with {@code Lam = N A = Q diag(l)
 * Q'}. The gradient of a batch of B drawn with replacement has covariance {@code C = N^2 / B A V
 * A}, V the samples' (biased) covariance, wherever w is.
 *
 * @param eigenvalues l of Lam, ascending
 * @param q columns are its eigenvectors, p x p
 * @param data y [N, p]
 */
record LocationPosterior(double[] eigenvalues, double[] q, double[] data) implements Potential {
  /** Returns a posterior with random eigenvectors and standard normal samples. */
  static LocationPosterior random(double[] eigenvalues, int samples, long seed) {
    int p = eigenvalues.length;
    Draws draws = new Draws(seed, 0x4C4F43, 0);
    double[] a = new double[p * p];
    for (int i = 0; i < a.length; i++) {
      a[i] = draws.normal();
    }
    double[] y = new double[samples * p];
    for (int i = 0; i < y.length; i++) {
      y[i] = draws.normal();
    }
    return new LocationPosterior(eigenvalues, Qr.of(a, p, p).q(), y);
  }

  int dimension() {
    return eigenvalues.length;
  }

  /** Returns an element of {@code Q f(l) Q'}. */
  double entry(int i, int j, java.util.function.DoubleUnaryOperator f) {
    double sum = 0;
    for (int k = 0; k < dimension(); k++) {
      sum += q[i * dimension() + k] * f.applyAsDouble(eigenvalues[k]) * q[j * dimension() + k];
    }
    return sum;
  }

  /** Returns the mean of the samples. */
  double[] mean() {
    double[] mean = new double[dimension()];
    for (int i = 0; i < data.length; i++) {
      mean[i % dimension()] += data[i] / samples();
    }
    return mean;
  }

  /** Returns the variance of a batch's gradient along eigenvector k. */
  double gradientVariance(int k, int batch) {
    double[] mean = mean();
    double variance = 0;
    for (int n = 0; n < samples(); n++) {
      double along = 0;
      for (int i = 0; i < dimension(); i++) {
        along += q[i * dimension() + k] * (data[n * dimension() + i] - mean[i]);
      }
      variance += along * along / samples();
    }
    return eigenvalues[k] * eigenvalues[k] * variance / batch; // N A = Lam
  }

  @Override
  public Map<String, Shape> parameters() {
    return Map.of("w", Shape.of(1, dimension()));
  }

  @Override
  public int samples() {
    return data.length / dimension();
  }

  @Override
  public Value of(Program.Builder b, Map<String, Value> w) {
    Value mean = b.input("mean", f64(1, 1, dimension()));
    return quadratic(b, F.sub(w.get("w"), mean), 1);
  }

  @Override
  public Value estimate(Program.Builder b, Map<String, Value> w, Value ids) {
    Value y = F.gather(b.input("samples", f64(1, samples(), dimension())), ids);
    return quadratic(b, F.sub(w.get("w"), y), 1.0 / ids.shape().dim(1));
  }

  private Value quadratic(Program.Builder b, Value d, double weight) {
    Value precision = b.input("precision", f64(1, dimension(), dimension()));
    Value u = F.mul(F.sum(F.mul(F.matmul(d, precision), d), 1, 2), weight / 2);
    return F.reshape(u, Shape.of(u.shape().models(), 1));
  }

  @Override
  public Map<String, HostTensor> inputs() {
    int p = dimension();
    double[] precision = new double[p * p];
    for (int i = 0; i < p * p; i++) {
      precision[i] = entry(i / p, i % p, l -> l);
    }
    return Map.of(
        "mean", HostTensor.of(Shape.of(1, 1, p), mean()),
        "samples", HostTensor.of(Shape.of(1, samples(), p), data),
        "precision", HostTensor.of(Shape.of(1, p, p), precision));
  }

  private static TensorType f64(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }
}
