// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

/** The claim that a predictor's draws support. */
public enum Standing {
  /** One set of weights. */
  POINT("one network"),
  /** Weights from several trainings, or chains that did not pass {@link Diagnosis}. */
  ENSEMBLE("ensemble of draws"),
  /**
   * Draws from a distribution fitted to the posterior: dropout, SWAG, Laplace, mean field; or from
   * chains that passed but whose stationary distribution is not exactly the posterior: SGLD.
   */
  APPROXIMATION("approximate posterior"),
  /** Chains that passed, of the posterior at temperature 1. */
  POSTERIOR("posterior"),
  /** Chains that passed, of a posterior at a temperature below 1. */
  COLD("cold posterior"),
  /** Chains that passed, of a posterior at a temperature above 1. */
  WARM("warm posterior");

  private final String says;

  Standing(String says) {
    this.says = says;
  }

  /** Returns the claim in words. */
  public String says() {
    return says;
  }

  /** Returns whether it can decide a claim about Bayesian networks. */
  public boolean isBayesian() {
    return this == POSTERIOR;
  }

  /**
   * Returns the standing of draws from chains.
   *
   * @param exact {@link Chains#exact}
   */
  public static Standing of(Diagnosis diagnosis, double temperature, boolean exact) {
    if (!diagnosis.passes()) {
      return ENSEMBLE;
    }
    if (!exact) {
      return APPROXIMATION;
    }
    return temperature == 1 ? POSTERIOR : temperature < 1 ? COLD : WARM;
  }
}
