// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.Arrays;
import java.util.function.DoubleFunction;
import java.util.function.IntFunction;
import org.rigor.linalg.Matrix;
import org.rigor.linalg.Svd;

/**
 * Linear maps from measurements to signals, solved directly, for comparison. Each parameter takes
 * the value with the least error on a held-out fifth of the samples; the map then uses all samples.
 */
final class Inverses {
  /** Number of ridge parameters tried, as shares of the largest squared singular value. */
  private static final int RIDGES = 25;

  private final InverseProblem problem;
  private final Matrix x;
  private final Matrix y;
  private final int kept;

  /**
   * @param x training signals, d x n
   * @param y their measurements with noise, m x n
   */
  Inverses(InverseProblem problem, Matrix x, Matrix y) {
    this.problem = problem;
    this.x = x;
    this.y = y;
    this.kept = Math.max(1, y.cols() * 4 / 5);
  }

  /**
   * Returns {@code X Y^+}: the map of least norm among those with the least error on the samples.
   */
  Matrix minimumNorm() {
    Svd svd = Svd.of(y);
    return regression(x, svd, components(svd, svd.rank(1e-10)));
  }

  /** Returns {@code X Y' (Y Y' + lambda I)^-1}. */
  Matrix ridge() {
    Svd all = Svd.of(y);
    Svd part = Svd.of(y.columns(kept));
    double top = all.values()[0] * all.values()[0];
    DoubleFunction<Matrix> fit = l -> regression(x.columns(kept), part, ridged(part, l));
    double best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < RIDGES; i++) {
      double lambda = top * Math.pow(10, -8 + 9.0 * i / (RIDGES - 1));
      double error = heldOut(fit.apply(lambda));
      if (error < least) {
        least = error;
        best = lambda;
      }
    }
    return regression(x, all, ridged(all, best));
  }

  /** Returns the regression on the first principal components of the measurements. */
  Matrix principalComponents() {
    Svd all = Svd.of(y);
    Svd part = Svd.of(y.columns(kept));
    int k = best(part.rank(1e-10), i -> regression(x.columns(kept), part, components(part, i)));
    return regression(x, all, components(all, Math.min(k, all.rank(1e-10))));
  }

  /**
   * Returns the pseudoinverse of the forward map, cut after its first singular values; it knows
   * only A.
   */
  Matrix truncated() {
    Svd svd = Svd.of(problem.forward().transpose());
    IntFunction<Matrix> cut =
        k -> svd.with(Arrays.stream(Arrays.copyOf(svd.values(), k)).map(v -> 1 / v).toArray());
    return cut.apply(best(svd.values().length, cut));
  }

  /**
   * Returns the linear map with the least expected error: it knows the subspace, the laws N(0, I)
   * of codes and N(0, sigma^2 I) of noise, and which measurements are erased.
   *
   * @param seen 0 for an erased measurement, else 1
   */
  static Matrix best(InverseProblem p, double sigma, double[] seen) {
    Matrix b = p.restricted().transpose().scaleColumns(seen); // s x m: (M A R)'
    Svd svd = Svd.of(b.transpose()); // M A R = U S V'
    double[] f =
        Arrays.stream(svd.values())
            .map(v -> v <= 1e-10 * svd.values()[0] ? 0 : v / (v * v + sigma * sigma))
            .toArray();
    return p.signals().times(svd.v().scaleColumns(f).times(svd.u().transpose()));
  }

  private int best(int most, IntFunction<Matrix> fit) {
    int best = 1;
    double least = Double.POSITIVE_INFINITY;
    for (int k = 1; k <= most; k++) {
      double error = heldOut(fit.apply(k));
      if (error < least) {
        least = error;
        best = k;
      }
    }
    return best;
  }

  /** Returns the squared error on the held-out samples. */
  private double heldOut(Matrix map) {
    Matrix miss = map.times(y).minus(x);
    return miss.squares() - miss.columns(kept).squares();
  }

  private static double[] components(Svd svd, int k) {
    return Arrays.stream(Arrays.copyOf(svd.values(), k)).map(v -> 1 / v).toArray();
  }

  private static double[] ridged(Svd svd, double lambda) {
    return Arrays.stream(svd.values()).map(v -> v / (v * v + lambda)).toArray();
  }

  /** Returns {@code X V diag(f) U'} for the decomposition of Y. */
  private static Matrix regression(Matrix x, Svd y, double[] f) {
    int k = f.length;
    return x.times(y.v().columns(k)).scaleColumns(f).times(y.u().columns(k).transpose());
  }
}
