// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;

/**
 * Work of {@link BallSearch} on a ball between two looks at its sides.
 *
 * @param units cells of each side of a hidden unit, before cells of the ball: none with CROWN's
 *     sides, 1 for an ascent over the whole ball, with hulls where rows may have them
 * @param looks at the cells of the ball, in order
 */
record BallPhase(int units, List<Look> looks) {
  /**
   * A look at a ball's trees after a part of a phase's cells: they go on if less than a share of
   * the ball is left, or its {@link Pace} suffices. Shares were read off balls of networks with 256
   * units that were decided, or not, with all cells.
   */
  record Look(double part, double share) {}

  /** Phases of networks of which all hidden units have hulls: cells do no more for their sides. */
  static final List<BallPhase> SHALLOW =
      List.of(
          new BallPhase(0, List.of()),
          new BallPhase(
              1, List.of(new Look(1.0 / 64, 0.99), new Look(1.0 / 16, 0.9), new Look(0.25, 0.65))));

  /** Phases of other networks. */
  static final List<BallPhase> DEEP =
      List.of(
          new BallPhase(0, List.of()),
          new BallPhase(1, List.of(new Look(0.25, 0.5))),
          new BallPhase(8, List.of(new Look(1.0 / 16, 0.98), new Look(0.25, 0.65))));
}
