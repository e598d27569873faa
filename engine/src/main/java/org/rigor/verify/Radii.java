// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.List;
import org.rigor.diff.Kind;

/**
 * Brackets of the least distance to a misclassified point, by [model][sample].
 *
 * @param lower radius of a ball whose points are all classified as labelled; 0 if none is known
 * @param upper distance of a misclassified point; for LINF rounded to nearest, else an upper side;
 *     0 where the sample itself is misclassified, infinite if no point is known
 * @param witness the misclassified point, features flat; null if none
 * @param verdicts how many balls were searched
 * @param iterations rows times steps of ascent in these searches
 * @param upperKind of each model's upper sides
 * @param lowerKind of the lower sides
 */
public record Radii(
    double[][] lower,
    double[][] upper,
    double[][][] witness,
    int[][] verdicts,
    long[][] iterations,
    List<Kind> upperKind,
    Kind lowerKind) {
  /** Returns whether a bracket is no wider than a share of its upper side. */
  public boolean resolved(int model, int sample, double share) {
    return lower[model][sample] >= upper[model][sample] * (1 - share);
  }
}
