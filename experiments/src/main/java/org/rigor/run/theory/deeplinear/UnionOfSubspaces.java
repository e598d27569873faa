// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.List;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;

/**
 * Signals on one of several random subspaces, with their measurements.
 *
 * @param bases one per subspace, d x dimension, orthonormal columns
 * @param forward A, m x d, entries N(0, 1/m)
 */
record UnionOfSubspaces(List<Matrix> bases, Matrix forward) {
  static UnionOfSubspaces of(long seed, int d, int m, int subspaces, int dimension) {
    TrialKey key = TrialKey.of(seed, "deep-linear union");
    List<Matrix> bases = new ArrayList<>();
    for (int k = 0; k < subspaces; k++) {
      Matrix normal = InverseProblem.normal(key, "basis " + k, d, dimension, 1);
      bases.add(InverseProblem.orthonormal(normal));
    }
    return new UnionOfSubspaces(
        bases, InverseProblem.normal(key, "forward", m, d, 1 / Math.sqrt(m)));
  }

  /** Draws signals as columns, from the subspaces in turn, with codes N(0, I). */
  Matrix draw(TrialKey key, String name, int count) {
    int d = forward.cols();
    int k = bases.get(0).cols();
    Matrix codes = InverseProblem.normal(key, name + " codes", count, k, 1);
    double[] out = new double[d * count];
    for (int c = 0; c < count; c++) {
      Matrix basis = bases.get(c % bases.size());
      for (int r = 0; r < d; r++) {
        for (int j = 0; j < k; j++) {
          out[r * count + c] += basis.get(r, j) * codes.get(c, j);
        }
      }
    }
    return new Matrix(d, count, out);
  }
}
