// SPDX-License-Identifier: Apache-2.0
/**
 * Laws of deep linear networks for inverse problems (Laus, Parkinson, Charisopoulos, Krahmer,
 * Willett 2025, arXiv 2502.15522). The body of the paper was not available: only its abstract and
 * the sizes in the caption of its Figure 1 come from it. The identities are standard or derived,
 * and hold for the set-up stated in {@link org.rigor.run.theory.deeplinear.InverseProblem}; none is
 * quoted from the paper.
 */
package org.rigor.run.theory.deeplinear;
