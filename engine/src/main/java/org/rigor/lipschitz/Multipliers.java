// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoublePredicate;
import org.rigor.linalg.Cholesky;
import org.rigor.linalg.Definite;
import org.rigor.linalg.GemmShape;
import org.rigor.linalg.SharedGemm;
import org.rigor.lipschitz.MultiplierMatrix.Reduced;

/**
 * The least rho for which some multipliers make a {@link MultiplierMatrix} definite, by a
 * primal-dual interior point method: the direction of Helmberg, Rendl, Vanderbei and Wolkowicz (An
 * interior-point method for semidefinite programming, SIAM J. Optim. 6, 1996) with Mehrotra's
 * corrector, from multipliers that are feasible and a dual matrix that need not be. All of this is
 * floating point: {@link SemidefiniteBound} proves what comes out.
 */
final class Multipliers {
  /** How close rho is brought to the least one: the Lipschitz bound is then half as close. */
  private static final double GAP = 1e-3;

  /** How far the dual matrix may be from feasible where its value counts as an estimate. */
  private static final double CLOSE = 1e-3;

  private static final int MOST_STEPS = 100;

  /** How far a step goes of the way to the edge of what is definite. */
  private static final double SHARE = 0.9;

  /**
   * @param rho a value for which the matrix is definite, up to rounding
   * @param lambda of all units, layer after layer
   * @param least about the least rho of all, from below
   * @param steps taken
   */
  record Found(double rho, double[] lambda, double least, int steps) {}

  private final MultiplierMatrix m;
  private final int rows;
  private final int units;
  private final int inputs;

  private Multipliers(MultiplierMatrix m) {
    this.m = m;
    this.rows = m.rows();
    this.units = m.units();
    this.inputs = m.inputs();
  }

  /**
   * Searches multipliers.
   *
   * @param chain with norms and rows of about 1; see {@link BalancedChain}
   */
  static Found of(SlopeChain chain) {
    return new Multipliers(new MultiplierMatrix(chain)).search();
  }

  private Found search() {
    double[] at = m.start();
    double[] p = m.at(at).orElseThrow(() -> new IllegalStateException("start")).inverse();
    double trace = 0;
    for (int j = 0; j < inputs; j++) {
      trace += p[j * rows + j];
    }
    double[] x = p.clone();
    for (int j = 0; j < x.length; j++) {
      x[j] /= trace;
    }
    double least = 0;
    for (int steps = 0; ; steps++) {
      double mu = m.inner(at, x) / rows;
      Reduced ofX = m.reduced(x);
      double off = infeasibility(x, ofX);
      if (off < CLOSE) {
        least = Math.max(least, at[units] - mu * rows);
      }
      Found here = new Found(at[units], Arrays.copyOf(at, units), least, steps);
      if (at[units] - least < GAP * at[units] || steps == MOST_STEPS) {
        return here;
      }
      Reduced ofP = m.reduced(p);
      Optional<Cholesky> schur = schur(p, x, ofP, ofX);
      if (schur.isEmpty()) {
        return here;
      }
      // Where the conditions alone would lead shows how much of the gap can be had.
      double[] dy = schur.get().solve(right(p, ofP, 0, null));
      double[] ds = m.dense(dy);
      double[] dx = dual(p, x, ds, 0, null);
      double[] ahead = sum(x, dx, Math.min(1, edge(x, dx)));
      double there = m.inner(sum(at, dy, Math.min(1, edge(at, dy))), ahead) / rows;
      double left = Math.min(1, Math.max(0, there) / mu);
      double target = mu * Math.max(left * left * left, 1e-4);
      double[] bent = product(dx, ds);
      dy = schur.get().solve(right(p, ofP, target, product(bent, p)));
      dx = dual(p, x, m.dense(dy), target, bent);
      at = sum(at, dy, Math.min(1, SHARE * edge(at, dy)));
      x = sum(x, dx, Math.min(1, SHARE * edge(x, dx)));
      Optional<ChainMatrix> next = m.at(at);
      if (next.isEmpty()) {
        return here;
      }
      p = next.get().inverse();
    }
  }

  /**
   * Returns about how far M, or X, stays definite along a direction, at most {@code 1 / SHARE}.
   *
   * @param at numbers of M or X itself
   */
  private double edge(double[] at, double[] direction) {
    return at.length == units + 1
        ? edge(length -> m.at(sum(at, direction, length)).isPresent())
        : edge(length -> Definite.factors(sum(at, direction, length), rows));
  }

  private double edge(DoublePredicate inside) {
    double length = 1 / SHARE;
    while (length > 1e-9 && !inside.test(length)) {
      length *= 0.8;
    }
    return length;
  }

  private static double[] sum(double[] a, double[] b, double factor) {
    double[] out = a.clone();
    for (int j = 0; j < out.length; j++) {
      out[j] += factor * b[j];
    }
    return out;
  }

  private double[] product(double[] a, double[] b) {
    double[] out = new double[rows * rows];
    SharedGemm.run(GemmShape.of(rows, rows, rows), a, 0, b, 0, out, 0);
    return out;
  }

  /** Returns how far X is from {@code tr X_00 = 1} and {@code tr(D_k X) = 0}, relatively. */
  private double infeasibility(double[] x, Reduced r) {
    double trace = 0;
    for (int j = 0; j < inputs; j++) {
      trace += x[j * rows + j];
    }
    double most = Math.abs(trace - 1);
    for (int k = 0; k < units; k++) {
      int kk = k * units + k;
      double scale = Math.sqrt(Math.abs(r.pp()[kk] * r.qq()[kk])) + Double.MIN_NORMAL;
      most = Math.max(most, Math.abs(r.pq()[kk]) / scale);
    }
    return most;
  }

  /**
   * Returns the factors of the matrix tr(D_k X D_l P), with the identity of inputs as the last D.
   */
  private Optional<Cholesky> schur(double[] p, double[] x, Reduced ofP, Reduced ofX) {
    int n = units + 1;
    double[] h = new double[n * n];
    for (int k = 0; k < units; k++) {
      for (int l = 0; l <= k; l++) {
        int kl = k * units + l;
        int lk = l * units + k;
        h[k * n + l] =
            ofX.pq()[lk] * ofP.pq()[kl]
                + ofX.pq()[kl] * ofP.pq()[lk]
                + ofX.pp()[kl] * ofP.qq()[kl]
                + ofX.qq()[kl] * ofP.pp()[kl];
        h[l * n + k] = h[k * n + l];
      }
    }
    for (int j = 0; j < inputs; j++) {
      for (int k = 0; k < units; k++) {
        int jk = j * units + k;
        h[units * n + k] += ofX.zq()[jk] * ofP.zp()[jk] + ofX.zp()[jk] * ofP.zq()[jk];
      }
      for (int k = 0; k < inputs; k++) {
        h[n * n - 1] += x[j * rows + k] * p[j * rows + k];
      }
    }
    for (int k = 0; k < units; k++) {
      h[k * n + units] = h[units * n + k];
    }
    return Cholesky.of(h, n);
  }

  /** Returns {@code mu tr(D_k P) - c_k - tr(D_k R)}, with c the last unit vector. */
  private double[] right(double[] p, Reduced ofP, double mu, double[] r) {
    double[] out = new double[units + 1];
    double[] bent = r == null ? new double[units] : m.slopes(symmetric(r));
    for (int k = 0; k < units; k++) {
      out[k] = 2 * (mu * ofP.pq()[k * units + k] - bent[k]);
    }
    out[units] = -1;
    for (int j = 0; j < inputs; j++) {
      out[units] += mu * p[j * rows + j] - (r == null ? 0 : r[j * rows + j]);
    }
    return out;
  }

  /** Returns {@code mu P - X - ((X dS + R) P)}, its last part made symmetric. */
  private double[] dual(double[] p, double[] x, double[] ds, double mu, double[] r) {
    double[] left = product(x, ds);
    for (int j = 0; r != null && j < left.length; j++) {
      left[j] += r[j];
    }
    double[] out = symmetric(product(left, p));
    for (int j = 0; j < out.length; j++) {
      out[j] = mu * p[j] - x[j] - out[j];
    }
    return out;
  }

  private double[] symmetric(double[] a) {
    double[] out = new double[a.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < rows; c++) {
        out[r * rows + c] = (a[r * rows + c] + a[c * rows + r]) / 2;
      }
    }
    return out;
  }
}
