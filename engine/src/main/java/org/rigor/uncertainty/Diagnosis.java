// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

/**
 * Convergence diagnostics of chains on functionals of the prediction, the worst over all
 * functionals.
 *
 * @param rHat largest rank-normalised split R-hat, NaN if a chain never moved
 * @param bulkEss smallest bulk effective sample size
 * @param tailEss smallest tail effective sample size
 * @param acceptance smallest share of accepted proposals of a chain
 * @param divergences number of divergences of all chains after warm-up
 */
public record Diagnosis(
    double rHat, double bulkEss, double tailEss, double acceptance, int divergences) {
  /** Largest R-hat at which chains count as mixed (Vehtari et al. 2021). */
  public static final double MOST_R_HAT = 1.01;

  /** Effective sample size below which R-hat itself is unreliable (Vehtari et al. 2021). */
  public static final double LEAST_ESS = 400;

  /**
   * Diagnoses chains.
   *
   * @param functionals [function][chain][t], see {@link Chains#functionals}
   */
  public static Diagnosis of(Chains chains, double[][][] functionals) {
    double rHat = 0;
    double bulk = Double.POSITIVE_INFINITY;
    double tail = Double.POSITIVE_INFINITY;
    for (double[][] f : functionals) {
      rHat = Math.max(rHat, Mixing.rHat(f)); // NaN propagates
      bulk = Math.min(bulk, Mixing.bulkEss(f));
      tail = Math.min(tail, Mixing.tailEss(f));
    }
    double accepted = Double.POSITIVE_INFINITY;
    int diverged = 0;
    for (int c = 0; c < chains.chains(); c++) {
      accepted = Math.min(accepted, chains.acceptance()[c]);
      diverged += chains.divergences()[c];
    }
    return new Diagnosis(rHat, bulk, tail, accepted, diverged);
  }

  /** Returns whether the draws may stand for the distribution that was sampled. */
  public boolean passes() {
    return rHat <= MOST_R_HAT && bulkEss >= LEAST_ESS && tailEss >= LEAST_ESS && divergences == 0;
  }
}
