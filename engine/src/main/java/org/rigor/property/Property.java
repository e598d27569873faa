// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.util.List;

/**
 * What a network must not do: the union of unsafe clauses over its inputs x and outputs y, in exact
 * decimals. The property is verified where no input of any clause has such outputs.
 *
 * @param inputs number of inputs, in row-major order
 * @param outputs number of outputs, in row-major order
 * @param clauses unsafe sets that are not empty by their constraints on inputs
 * @param empty why other clauses, at most a few of them, contain no input at all
 * @param dropped number of clauses that contain no input
 */
public record Property(
    int inputs, int outputs, List<Clause> clauses, List<String> empty, int dropped) {
  public Property {
    clauses = List.copyOf(clauses);
    empty = List.copyOf(empty);
  }

  /**
   * Returns the property whose unsafe points meet all formulas.
   *
   * @throws IllegalArgumentException naming the input, if a clause leaves one unbounded, or if the
   *     disjunctive normal form has more than {@link NormalForm#MOST} clauses
   */
  public static Property of(int inputs, int outputs, List<Formula> all) {
    return new NormalForm(inputs, outputs).of(all);
  }

  /** Returns whether the constraints on inputs contradict each other in every clause. */
  public boolean isEmpty() {
    return clauses.isEmpty();
  }
}
