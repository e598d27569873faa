// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.List;
import org.rigor.diff.Kind;

/**
 * Verdicts on the balls around samples over a curve of radii, by [model][sample]. A ball within a
 * verified one is verified and a ball around a violated one violated, so that two numbers of radii
 * say all.
 *
 * @param verified number of leading epsilons that are verified
 * @param survived number of leading epsilons that are not violated, at least {@code verified};
 *     those between are unknown
 * @param witness a misclassified point at epsilon {@code survived}, features flat; null if none
 * @param distance of the witness; NaN if none
 * @param iterations rows times steps of ascent in the search
 * @param violatedKind of each model's violations
 * @param verifiedKind of each model's proofs
 */
public record VerdictCurve(
    int[][] verified,
    int[][] survived,
    double[][][] witness,
    double[][] distance,
    long[][] iterations,
    List<Kind> violatedKind,
    Kind verifiedKind) {}
