// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

/**
 * Optimality of an attack on one network (AttackBench, Cina et al. 2025, equation of the local
 * optimality): the area between clean accuracy and the attack's curve of robust accuracy, over that
 * between clean accuracy and the true curve, up to a radius at which nothing is robust. The curves
 * are stairs that fall by one sample at its distance, so the areas are sums of {@code cut - d}; the
 * true distances are bracketed, and so is the quotient.
 *
 * @param lower side, NaN where no sample has an area
 * @param upper side, at most 1 if no attack found less than the upper sides of the distances
 * @param cut the largest finite upper side
 */
record Areas(double lower, double upper, double cut) {
  /**
   * Returns the optimality of distances.
   *
   * @param low certified lower sides of the true distances
   * @param high upper sides; 0 where the sample itself is misclassified, which has no area
   * @param found distances that an attack found, infinite where none
   */
  static Areas of(double[] low, double[] high, double[] found) {
    double cut = 0;
    for (double h : high) {
      cut = Double.isFinite(h) ? Math.max(cut, h) : cut;
    }
    double least = 0;
    double most = 0;
    double own = 0;
    for (int n = 0; n < high.length; n++) {
      if (high[n] > 0) {
        least += cut - Math.min(high[n], cut);
        most += cut - Math.min(low[n], cut);
        own += cut - Math.min(found[n], cut);
      }
    }
    return least > 0
        ? new Areas(own / most, own / least, cut)
        : new Areas(Double.NaN, Double.NaN, cut);
  }
}
