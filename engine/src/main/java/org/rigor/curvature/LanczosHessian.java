// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.ArrayList;
import java.util.List;
import org.rigor.linalg.SymmetricEigen;

/**
 * The Hessian of each model as a small symmetric tridiagonal matrix: Lanczos with full
 * reorthogonalisation from one random start (Golub and Van Loan 2013, section 10.1). Its extreme
 * eigenvalues approach those of the Hessian from the inside of the spectrum.
 *
 * @param values Ritz values of each model, ascending, [M][steps taken]
 * @param weights squares of the first entries of their vectors, which sum to 1
 * @param residuals the Hessian has an eigenvalue within this distance of the Ritz value
 */
public record LanczosHessian(double[][] values, double[][] weights, double[][] residuals) {

  /**
   * Runs Lanczos from a normal random start, the same for every model; a model whose Krylov space
   * is exhausted stops early.
   *
   * @param steps largest number of products with the Hessian, at least 1
   * @param number number of the start: other numbers give other starts
   * @throws IllegalArgumentException if steps is below 1
   */
  public static LanczosHessian of(LossSurface surface, int steps, long seed, int number) {
    if (steps < 1) {
      throw new IllegalArgumentException("lanczos: steps must be >= 1, got " + steps);
    }
    int p = surface.vector().size();
    double[] start = Probes.normals(seed, number, p);
    double[] unit = Vectors.times(1 / Vectors.norm(start), start);
    List<Krylov> models = new ArrayList<>();
    for (int m = 0; m < surface.models(); m++) {
      models.add(new Krylov(unit));
    }
    for (int s = 0; s < Math.min(steps, p) && models.stream().anyMatch(k -> !k.ended); s++) {
      double[][][] q = new double[models.size()][1][];
      for (int m = 0; m < q.length; m++) {
        q[m][0] = models.get(m).last();
      }
      double[][][] product = surface.hessianTimes(q);
      for (int m = 0; m < q.length; m++) {
        models.get(m).extend(product[m][0]);
      }
    }
    LanczosHessian out =
        new LanczosHessian(
            new double[models.size()][], new double[models.size()][], new double[models.size()][]);
    for (int m = 0; m < models.size(); m++) {
      models.get(m).ritz(out, m);
    }
    return out;
  }

  /** Returns a model's largest Ritz value. */
  public double top(int model) {
    return values[model][values[model].length - 1];
  }

  /** Returns a model's smallest Ritz value. */
  public double bottom(int model) {
    return values[model][0];
  }

  /** The orthonormal basis of one model. */
  private static final class Krylov {
    private final List<double[]> basis = new ArrayList<>();
    private final List<Double> alphas = new ArrayList<>();
    private final List<Double> betas = new ArrayList<>();
    private boolean ended;
    private double scale;

    Krylov(double[] start) {
      basis.add(start);
    }

    double[] last() {
      return basis.get(basis.size() - 1);
    }

    void extend(double[] product) {
      if (ended) {
        return;
      }
      double[] w = product.clone();
      double alpha = Vectors.dot(last(), w);
      for (int pass = 0; pass < 2; pass++) {
        for (double[] q : basis) {
          Vectors.add(w, -Vectors.dot(q, w), q);
        }
      }
      double beta = Vectors.norm(w);
      alphas.add(alpha);
      betas.add(beta);
      scale = Math.max(scale, Math.abs(alpha) + beta);
      ended = !(beta > 1e-12 * scale); // anything further would be rounding noise
      basis.add(ended ? last() : Vectors.times(1 / beta, w));
    }

    void ritz(LanczosHessian out, int m) {
      int n = alphas.size();
      double[] t = new double[n * n];
      for (int i = 0; i < n; i++) {
        t[i * n + i] = alphas.get(i);
        if (i + 1 < n) {
          t[i * n + i + 1] = betas.get(i);
          t[(i + 1) * n + i] = betas.get(i);
        }
      }
      SymmetricEigen eigen = SymmetricEigen.of(t, n);
      out.values[m] = eigen.values();
      out.weights[m] = new double[n];
      out.residuals[m] = new double[n];
      for (int i = 0; i < n; i++) {
        double first = eigen.vectors()[i];
        out.weights[m][i] = first * first;
        out.residuals[m][i] = betas.get(n - 1) * Math.abs(eigen.vectors()[(n - 1) * n + i]);
      }
    }
  }
}
