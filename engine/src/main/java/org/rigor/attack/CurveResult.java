// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

/**
 * What an attack over a curve found, by [model][sample]. A witness is misclassified by the
 * real-arithmetic function of the stored parameters. Kind CERTIFIED if {@link
 * org.rigor.diff.Enclosure#kind} says so of the network; else, as with tanh or sigmoid, whose
 * rounding in double was measured and not proved, kind BOUND.
 *
 * @param survived number of leading epsilons at which no success was found, 0 to all
 * @param witness the point found at epsilon {@code survived}, features flat; null if none
 * @param distance norm of witness minus clean point, computed in double; NaN if none
 * @param iterations gradient steps of the successful restart; 0 if none
 * @param ambiguous candidates of the float run that a rigorous evaluation in double did not
 *     confirm; they were not counted
 * @param undefined whether the sample fell because the logits in double give no margin that is a
 *     number
 */
public record CurveResult(
    int[][] survived,
    double[][][] witness,
    double[][] distance,
    int[][] iterations,
    int[] ambiguous,
    boolean[][] undefined) {}
