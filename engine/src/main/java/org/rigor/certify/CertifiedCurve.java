// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import org.rigor.diff.Kind;

/**
 * What was verified over a curve of radii, by [model][sample], for the real-arithmetic function of
 * the stored parameters.
 *
 * @param survived number of leading epsilons at which every point of the ball within the box is
 *     classified as labelled
 * @param marginLower by [model][sample][epsilon], at most the smallest margin z_y - max z_j of the
 *     region; NaN where it was not computed, because another radius had decided, or nothing is
 *     known
 * @param kind of both: CERTIFIED, or BOUND if the network has a function, such as tanh, whose
 *     rounding in double was measured and not proved
 */
public record CertifiedCurve(int[][] survived, double[][][] marginLower, Kind kind) {}
