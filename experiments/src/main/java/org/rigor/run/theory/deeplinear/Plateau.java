// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.Arrays;
import org.rigor.linalg.Matrix;
import org.rigor.linalg.Svd;

/**
 * Stationary points of {@code |E Y - X|^2 / 2 + (L lambda_eff / 2) sum sigma_i(E)^(2/L)}, to which
 * the loss with weight decay reduces when the layers share their singular values evenly.
 */
final class Plateau {
  private Plateau() {}

  /**
   * Returns the largest lambda_eff over sigma^2 at which {@link #root} is not zero; L at least 2.
   *
   * @param layers L
   */
  static double limit(int layers) {
    double l = layers;
    return l / (2 * l - 2) * Math.pow((l - 2) / (2 * l - 2), (l - 2) / l);
  }

  /**
   * Returns the largest root w of {@code sigma^2 (1 - w) w^(1 - 2/L) = lambda_eff} in [0, 1], the
   * learned share of a direction when A preserves lengths; 0 beyond {@link #limit}.
   */
  static double root(double square, double effective, int layers) {
    double power = 1 - 2.0 / layers;
    double low = (layers - 2) / (2.0 * layers - 2);
    double high = 1;
    if (value(square, low, power) < effective) {
      return 0;
    }
    for (int i = 0; i < 200; i++) {
      double mid = 0.5 * (low + high);
      if (value(square, mid, power) >= effective) {
        low = mid;
      } else {
        high = mid;
      }
    }
    return 0.5 * (low + high);
  }

  private static double value(double square, double w, double power) {
    return square * (1 - w) * Math.pow(w, power);
  }

  /**
   * Returns {@code |(E Y - X) Y' + lambda_eff U S^(2/L - 1) V'|} over {@code |X Y'|}, for E = U S
   * V' with the first s triples; 0 at a stationary point on the range of Y.
   */
  static double kkt(Matrix e, Matrix x, Matrix y, int s, double effective, int layers) {
    Svd svd = Svd.of(e);
    double[] f = new double[s];
    for (int i = 0; i < s; i++) {
      f[i] = effective * Math.pow(svd.values()[i], 2.0 / layers - 1);
    }
    Matrix yt = y.transpose();
    Matrix gradient = e.times(y).minus(x).times(yt);
    return gradient.plus(1, svd.with(f)).norm() / x.times(yt).norm();
  }

  /**
   * Returns the minimiser of {@code |E Y - X|^2 / 2 + lambda_eff sum sigma_i(E)} by accelerated
   * singular value thresholding (Cai, Candes, Shen 2010; Beck and Teboulle 2009), with a restart
   * whenever the momentum points uphill.
   *
   * @param q orthonormal basis of the range of Y, outside of which the minimiser is 0
   */
  static Matrix nuclear(Matrix x, Matrix y, Matrix q, double effective) {
    Matrix core = q.transpose().times(y); // s x n
    Svd data = Svd.of(core);
    double step = 1 / (data.values()[0] * data.values()[0]);
    Matrix ct = core.transpose();
    Matrix xc = x.times(ct);
    Matrix gram = core.times(ct);
    Matrix b = new Matrix(x.rows(), q.cols(), new double[x.rows() * q.cols()]);
    Matrix ahead = b;
    double t = 1;
    for (int i = 0; i < 20_000; i++) {
      Matrix gradient = ahead.times(gram).minus(xc);
      Matrix next = shrink(ahead.plus(-step, gradient), step * effective);
      Matrix move = next.minus(b);
      boolean uphill = inner(ahead.minus(next), move) > 0;
      double grown = uphill ? 1 : 0.5 * (1 + Math.sqrt(1 + 4 * t * t));
      double momentum = uphill ? 0 : (t - 1) / grown;
      ahead = next.plus(momentum, move);
      t = grown;
      b = next;
      if (move.norm() <= 1e-15 * Math.max(1, b.norm())) {
        return b.times(q.transpose());
      }
    }
    throw new ArithmeticException("singular value thresholding did not converge");
  }

  private static double inner(Matrix a, Matrix b) {
    double sum = 0;
    for (int i = 0; i < a.data().length; i++) {
      sum += a.data()[i] * b.data()[i];
    }
    return sum;
  }

  private static Matrix shrink(Matrix a, double by) {
    Svd svd = Svd.of(a);
    return svd.with(Arrays.stream(svd.values()).map(v -> Math.max(0, v - by)).toArray());
  }
}
