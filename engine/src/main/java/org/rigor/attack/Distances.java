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
 * @param queries what the search of each asked of the network, confirmation in double included
 * @param kind of each model's distances as upper sides
 */
public record Distances(
    double[][] distance,
    double[][] resolution,
    double[][][] witness,
    int[][] start,
    boolean[][] undefined,
    int[] ambiguous,
    Queries[][] queries,
    List<Kind> kind) {
  /** Returns distances of samples without a witness. */
  static Distances none(int models, int samples, Kind kind) {
    double[][] far = new double[models][samples];
    for (double[] own : far) {
      Arrays.fill(own, Double.POSITIVE_INFINITY);
    }
    Queries[][] queries = new Queries[models][samples];
    for (Queries[] own : queries) {
      Arrays.fill(own, Queries.NONE);
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
        queries,
        Arrays.asList(kinds));
  }

  /**
   * Returns the nearest points that several attacks found of the same samples.
   *
   * @param all at least one
   */
  public static Distances nearest(List<Distances> all) {
    int models = all.get(0).distance.length;
    int samples = all.get(0).distance[0].length;
    Distances best = none(models, samples, all.get(0).kind.get(0));
    for (int m = 0; m < models; m++) {
      for (Distances d : all) {
        best.kind.set(m, best.kind.get(m).weaker(d.kind.get(m)));
        best.ambiguous[m] += d.ambiguous[m];
        for (int n = 0; n < samples; n++) {
          best.asked(m, n, d.queries[m][n]);
          if (d.distance[m][n] < best.distance[m][n]) {
            best.distance[m][n] = d.distance[m][n];
            best.resolution[m][n] = d.resolution[m][n];
            best.witness[m][n] = d.witness[m][n];
            best.start[m][n] = d.start[m][n];
            best.undefined[m][n] = d.undefined[m][n];
          }
        }
      }
    }
    return best;
  }

  /**
   * Returns these distances over radii: a sample falls at the first that is not below its distance.
   *
   * @param epsilons ascending
   */
  public CurveResult curve(List<Double> epsilons) {
    int models = distance.length;
    int[][] survived = new int[models][];
    double[][][] points = new double[models][][];
    double[][] far = new double[models][];
    boolean[][] nan = new boolean[models][];
    for (int m = 0; m < models; m++) {
      double[] own = distance[m];
      int samples = own.length;
      survived[m] = new int[samples];
      points[m] = new double[samples][];
      far[m] = new double[samples];
      nan[m] = new boolean[samples];
      for (int n = 0; n < samples; n++) {
        double d = own[n];
        survived[m][n] = (int) epsilons.stream().filter(e -> e < d).count();
        boolean falls = survived[m][n] < epsilons.size();
        points[m][n] = falls ? witness[m][n] : null;
        far[m][n] = falls ? d : Double.NaN;
        nan[m][n] = falls && undefined[m][n];
      }
    }
    int[][] none = new int[models][distance[0].length];
    return new CurveResult(survived, points, far, none, start, ambiguous, nan, kind);
  }

  /** Counts what the search of a sample asked of the network. */
  void asked(int m, int n, Queries more) {
    queries[m][n] = queries[m][n].plus(more);
  }

  /**
   * Keeps a witness.
   *
   * @param measured whether it was confirmed in double alone; that proves nothing about the network
   *     in real arithmetic, nor does NaN
   */
  void keep(
      int m,
      int n,
      double[] point,
      double far,
      double gap,
      int from,
      boolean nan,
      boolean measured) {
    distance[m][n] = far;
    resolution[m][n] = gap;
    witness[m][n] = point;
    start[m][n] = from;
    undefined[m][n] = nan;
    if (nan || measured) {
      kind.set(m, Kind.BOUND);
    }
  }
}
