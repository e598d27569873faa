// SPDX-License-Identifier: Apache-2.0
/**
 * Predictors made of weight draws. A predictor is a network and J draws of its weights for each of
 * M trials, [M, J, shape...]; its prediction is the mean of the draws' softmax. Draws come from one
 * training, from an ensemble, or from an approximation of a Bayesian posterior: dropout, SWAG,
 * Laplace, mean-field variational inference, SGLD, HMC.
 *
 * <p>Chains, trials and ensemble members are rows of the model axis. Samplers work in double on a
 * {@link org.rigor.uncertainty.Potential}, and every number they draw is a pure function of (trial
 * key, site, step). Only chains that pass {@link org.rigor.uncertainty.Diagnosis} speak for the
 * posterior; all others are an ensemble of draws and decide no Bayesian claim.
 *
 * <p>To add a method, write a record that provides draws as a {@link
 * org.rigor.uncertainty.Predictor}.
 */
package org.rigor.uncertainty;
