// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import org.rigor.diff.Kind;

/**
 * Result of an attack over a curve, by [model][sample]. Where the kind is CERTIFIED, the
 * real-arithmetic function of the stored parameters misclassifies every witness.
 *
 * @param survived number of leading epsilons without a success, from 0 to all
 * @param witness the point found at epsilon {@code survived}, features flat; null if none
 * @param distance norm of witness minus clean point, computed in double; NaN if none
 * @param iterations gradient steps of the successful restart; 0 if none
 * @param start which start found it, from 0; see {@link CurveAttack#target}
 * @param ambiguous candidates of the float run that a rigorous evaluation in double did not
 *     confirm; they were not counted
 * @param undefined whether the sample fell because its margin in double is NaN
 * @param kind of each model's attacked accuracy as an upper side: CERTIFIED; BOUND if the network
 *     has a function, such as tanh, whose rounding in double was measured and not proved, if the
 *     network is too deep for enclosures and a point was confirmed in double alone, or if a sample
 *     fell to NaN logits, which prove nothing in real arithmetic
 */
public record CurveResult(
    int[][] survived,
    double[][][] witness,
    double[][] distance,
    int[][] iterations,
    int[][] start,
    int[] ambiguous,
    boolean[][] undefined,
    List<Kind> kind) {}
