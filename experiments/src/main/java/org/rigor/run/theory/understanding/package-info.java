// SPDX-License-Identifier: Apache-2.0
/**
 * Laws about risk, capacity, worst cases and Bayesian prediction, the topics of Hartmann and
 * Richter's review (2023). The statements are standard; each names its source, as the body of the
 * review was not available. Random computations repeat as rows of the model axis, see {@link
 * org.rigor.run.theory.understanding.Repetitions}.
 */
package org.rigor.run.theory.understanding;
