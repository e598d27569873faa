// SPDX-License-Identifier: Apache-2.0
package org.rigor.lipschitz;

import java.util.Arrays;
import java.util.Optional;
import org.rigor.linalg.Cholesky;
import org.rigor.linalg.GemmShape;
import org.rigor.linalg.SharedGemm;

/**
 * A symmetric block tridiagonal matrix that is definite: its factors, determinant and inverse. With
 * blocks D_i on the diagonal and O_i to the left of D_i, {@code S_i = D_i - O_i S_(i-1)^-1 O_i'}
 * are the pivots of its factorisation.
 */
final class ChainMatrix {
  private final int[] sizes;
  private final double[][] pivotInverses;
  private final double[][] carried;
  private final double logDeterminant;

  private ChainMatrix(
      int[] sizes, double[][] pivotInverses, double[][] carried, double logDeterminant) {
    this.sizes = sizes;
    this.pivotInverses = pivotInverses;
    this.carried = carried;
    this.logDeterminant = logDeterminant;
  }

  /**
   * Factors a matrix, or returns empty if it is not definite.
   *
   * @param sizes n_0, n_1, ... of the blocks
   * @param diagonal D_0, D_1, ..., row-major; not changed
   * @param below O_1, O_2, ... of n_i x n_(i-1) numbers, from index 1 on
   */
  static Optional<ChainMatrix> of(int[] sizes, double[][] diagonal, double[][] below) {
    double[][] inverses = new double[sizes.length][];
    double[][] carried = new double[sizes.length][];
    double log = 0;
    for (int i = 0; i < sizes.length; i++) {
      int n = sizes[i];
      double[] pivot = diagonal[i].clone();
      if (i > 0) {
        int k = sizes[i - 1];
        carried[i] = new double[n * k];
        SharedGemm.run(GemmShape.of(n, k, k), below[i], 0, inverses[i - 1], 0, carried[i], 0);
        double[] taken = new double[n * n];
        SharedGemm.run(
            GemmShape.of(n, n, k).transposed(false, true), carried[i], 0, below[i], 0, taken, 0);
        for (int j = 0; j < pivot.length; j++) {
          pivot[j] -= taken[j];
        }
      }
      Optional<Cholesky> factor = Cholesky.of(pivot, n);
      if (factor.isEmpty()) {
        return Optional.empty();
      }
      log += factor.get().logDeterminant();
      inverses[i] = factor.get().inverse();
    }
    return Double.isFinite(log)
        ? Optional.of(new ChainMatrix(sizes, inverses, carried, log))
        : Optional.empty();
  }

  double logDeterminant() {
    return logDeterminant;
  }

  /**
   * Returns the inverse P, n x n and row-major: {@code P_ij = -J_i' P_(i+1)j} above the diagonal,
   * {@code P_ii = S_i^-1 - J_i' P_(i+1)i}, with {@code J_i = O_(i+1) S_i^-1}.
   */
  double[] inverse() {
    int n = Arrays.stream(sizes).sum();
    double[] p = new double[n * n];
    int at = n;
    for (int i = sizes.length - 1; i >= 0; i--) {
      int size = sizes[i];
      at -= size;
      int next = at + size;
      if (next < n) {
        int width = n - next;
        GemmShape shape = GemmShape.of(size, width, sizes[i + 1]).transposed(true, false);
        SharedGemm.run(
            shape.withRowStrides(size, n, n),
            carried[i + 1],
            0,
            p,
            next * n + next,
            p,
            at * n + next);
        for (int r = at; r < next; r++) {
          for (int c = next; c < n; c++) {
            p[r * n + c] = -p[r * n + c];
            p[c * n + r] = p[r * n + c];
          }
        }
        double[] own = new double[size * size];
        GemmShape square = GemmShape.of(size, size, sizes[i + 1]).transposed(true, false);
        SharedGemm.run(
            square.withRowStrides(size, n, size), carried[i + 1], 0, p, next * n + at, own, 0);
        for (int r = 0; r < size; r++) {
          for (int c = 0; c < size; c++) {
            own[r * size + c] = pivotInverses[i][r * size + c] - own[r * size + c];
          }
        }
        copy(own, size, p, at, n);
      } else {
        copy(pivotInverses[i], size, p, at, n);
      }
    }
    return p;
  }

  private static void copy(double[] block, int size, double[] p, int at, int n) {
    for (int r = 0; r < size; r++) {
      System.arraycopy(block, r * size, p, (at + r) * n + at, size);
    }
  }
}
