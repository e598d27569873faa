// SPDX-License-Identifier: Apache-2.0
/**
 * Laws about risk, capacity, worst cases and Bayesian prediction that Hartmann and Richter's review
 * (2023) is about. The statements are standard; each names its own source, as the body of the
 * review could not be read. Random computations repeat as rows of the model axis, see {@link
 * org.rigor.run.theory.understanding.Repetitions}.
 */
package org.rigor.run.theory.understanding;
