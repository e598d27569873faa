// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Arrays;
import java.util.List;
import org.rigor.diff.Kind;

/**
 * Distances from samples to misclassified points, by [model][sample]: upper sides, since the
 * real-arithmetic function of the stored parameters misclassifies every witness. So a sample falls
 * at every radius from its distance on, and one measurement is the whole curve.
 *
 * @param distance of the witness, computed in double: for LINF rounded to nearest, else an upper
 *     side; 0 where the sample itself is misclassified, infinite without a witness
 * @param resolution how much nearer the last failure of the attack was: no success is known between
 *     {@code distance - resolution} and {@code distance}; 0 without a witness, and where nothing is
 *     known, as for a number of features
 * @param witness the misclassified point, features flat; null if none
 * @param start which start of the attack found it, from 0; see {@link CurveAttack#target}
 * @param undefined whether the margin at the witness is NaN in double
 * @param ambiguous successes that a rigorous evaluation in double did not confirm, by model
 * @param kind of each model's distances as upper sides
 */
public record Distances(
    double[][] distance,
    double[][] resolution,
    double[][][] witness,
    int[][] start,
    boolean[][] undefined,
    int[] ambiguous,
    List<Kind> kind) {
  /** Returns distances of samples without a witness. */
  static Distances none(int models, int samples, Kind kind) {
    double[][] far = new double[models][samples];
    for (double[] own : far) {
      Arrays.fill(own, Double.POSITIVE_INFINITY);
    }
    Kind[] kinds = new Kind[models];
    Arrays.fill(kinds, kind);
    return new Distances(
        far,
        new double[models][samples],
        new double[models][samples][],
        new int[models][samples],
        new boolean[models][samples],
        new int[models],
        Arrays.asList(kinds));
  }

  /** Keeps a witness. */
  void keep(int m, int n, double[] point, double far, double gap, int from, boolean nan) {
    distance[m][n] = far;
    resolution[m][n] = gap;
    witness[m][n] = point;
    start[m][n] = from;
    undefined[m][n] = nan;
    if (nan) {
      kind.set(m, Kind.BOUND); // NaN in double proves nothing about the network in real arithmetic
    }
  }
}
