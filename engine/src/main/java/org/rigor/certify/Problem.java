// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

/**
 * A box of inputs and what must not happen on it. A row is a number, {@code outputs . y + inputs .
 * x + constant}, linear in the logits y and the input x. A point is unsafe if all rows of some
 * clause are at most 0 there; a clause is refuted when no point of the box is unsafe by it.
 *
 * <p>Sides and constants are exact doubles. A caller whose numbers are not rounds {@code lower} and
 * {@code constants} down and {@code upper} up, and lowers a constant by what rounded coefficients
 * may add to its row.
 *
 * @param lower side of each input, [D]
 * @param upper side of each input, [D], at least {@code lower}
 * @param outputs coefficients of the logits, [R][K]
 * @param inputs coefficients of the input, [R][D]; an empty array where all are 0
 * @param constants [R]
 * @param clauses numbers of the rows of each clause, each with at least one
 */
public record Problem(
    double[] lower,
    double[] upper,
    double[][] outputs,
    double[][] inputs,
    double[] constants,
    int[][] clauses) {

  public Problem {
    int rows = constants.length;
    if (lower.length != upper.length
        || outputs.length != rows
        || inputs.length != 0 && inputs.length != rows) {
      throw new IllegalArgumentException(
          "problem: sides and rows must match, got %d and %d sides, %d outputs, %d inputs, %d constants"
              .formatted(lower.length, upper.length, outputs.length, inputs.length, rows));
    }
    for (int i = 0; i < lower.length; i++) {
      if (!(lower[i] <= upper[i]) || Double.isInfinite(upper[i] - lower[i])) {
        throw new IllegalArgumentException(
            "problem: input %d must have finite sides in order, got [%s, %s]"
                .formatted(i, lower[i], upper[i]));
      }
    }
    for (int[] clause : clauses) {
      for (int row : clause) {
        if (row < 0 || row >= rows) {
          throw new IllegalArgumentException("problem: no row " + row + " of " + rows);
        }
      }
      if (clause.length == 0) {
        throw new IllegalArgumentException("problem: a clause without rows holds everywhere");
      }
    }
  }

  /** Returns whether a row reads the input besides the logits. */
  public boolean readsInputs() {
    return inputs.length > 0;
  }
}
