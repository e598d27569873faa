// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

/** Judge of points that a search comes upon, which its bounds point to as the worst of a cell. */
@FunctionalInterface
public interface Witness {
  /** Accepts no point. */
  Witness NONE = (model, problem, clause, point) -> false;

  /**
   * Returns whether a point is a counterexample; the search of the problem then ends.
   *
   * @param problem number in the list handed to the search
   * @param clause whose rows seem to be at most 0 at the point
   * @param point [D], in the box
   */
  boolean violates(int model, int problem, int clause, double[] point);
}
