// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.claim;

import java.util.Arrays;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * The chance of rank correlations this large without a trend: the exact test of Page 1963. With few
 * points a rank correlation takes few values, so seeds can agree exactly without any trend;
 * Student's interval then has width zero and would be certain.
 */
final class RankChance {
  private static final int EXACT_POINTS = 9;
  private static final int EXACT_SEEDS = 20;

  private RankChance() {}

  /**
   * Returns the probability that the mean of independent rank correlations is at least this large
   * if all orders of the points are equally likely; by the normal limit for more than 9 points or
   * 20 seeds.
   *
   * @param points number of points that each seed ranks, at least 2
   */
  static double atLeast(double mean, int points, int seeds) {
    if (points > EXACT_POINTS || seeds > EXACT_SEEDS) {
      double z = mean * Math.sqrt((double) seeds * (points - 1));
      return NormalDistribution.of(0, 1).survivalProbability(z);
    }
    double[] one = orders(points);
    double[] sum = {1};
    for (int s = 0; s < seeds; s++) {
      double[] next = new double[sum.length + one.length - 1];
      for (int i = 0; i < sum.length; i++) {
        for (int j = 0; j < one.length; j++) {
          next[i + j] += sum[i] * one[j];
        }
      }
      sum = next;
    }
    // rho = 1 - 6 d / (k (k^2 - 1)) with d the sum of squared differences of ranks, an even number.
    double scale = points * (points * points - 1.0) / 6;
    double most = (1 - mean) * scale * seeds / 2 + 1e-6;
    return Math.min(1, Arrays.stream(sum).limit((long) Math.floor(most) + 1).sum());
  }

  /**
   * Returns the probability of each half sum of squared rank differences, built up rank by rank.
   */
  private static double[] orders(int points) {
    int largest = points * (points * points - 1) / 3;
    double[][] sums = new double[1 << points][];
    sums[0] = new double[largest + 1];
    sums[0][0] = 1;
    for (int used = 0; used < sums.length; used++) {
      int place = Integer.bitCount(used);
      for (int rank = 0; rank < points; rank++) {
        if ((used >> rank & 1) == 0) {
          int then = used | 1 << rank;
          int square = (rank - place) * (rank - place);
          sums[then] = sums[then] == null ? new double[largest + 1] : sums[then];
          for (int d = 0; d + square <= largest; d++) {
            sums[then][d + square] += sums[used][d] / (points - place);
          }
        }
      }
    }
    double[] all = sums[sums.length - 1];
    double[] half = new double[largest / 2 + 1];
    for (int d = 0; d < all.length; d += 2) {
      half[d / 2] = all[d];
    }
    return half;
  }
}
