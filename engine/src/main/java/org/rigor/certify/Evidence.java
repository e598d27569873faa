// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a search knows of one region, in the numbers with which another program can compute it
 * again. Values are named by the ONNX node that bends them, its position in the file; slopes and
 * multipliers are those of the bounds that count.
 *
 * @param lower sides of the region [D]
 * @param upper sides of the region [D]
 * @param free for each node that bends, the units whose lower slopes leaves give, in this order
 * @param tightenings in the order in which they were found: each may use those before it
 * @param refuted clauses, each by rows with cells that together cover the region
 * @param halving where the region is cut in two, which prove what is not refuted here
 */
public record Evidence(
    double[] lower,
    double[] upper,
    Map<Integer, int[]> free,
    List<Tightening> tightenings,
    List<Refuted> refuted,
    Optional<Halving> halving) {
  /** What is known of a region that is not cut. */
  public Evidence(
      double[] lower,
      double[] upper,
      Map<Integer, int[]> free,
      List<Tightening> tightenings,
      List<Refuted> refuted) {
    this(lower, upper, free, tightenings, refuted, Optional.empty());
  }

  /** A cut of a region into the parts with an input at most, and at least, a number. */
  public record Halving(int input, double at) {}

  /**
   * A restriction of a cell: {@code sign z >= 0} for an element z of what a node bends.
   *
   * @param positive whether the sign is 1, else -1
   * @param multiplier at least 0
   */
  public record Literal(int node, int unit, boolean positive, float multiplier) {}

  /**
   * A cell and the numbers of its bound.
   *
   * @param slopes by node, as long as its list of free units; nodes without an entry have the slope
   *     of 0 and 1 that is nearer to the chord's
   */
  public record Leaf(List<Literal> cell, Map<Integer, float[]> slopes) {}

  /**
   * A side of an element of what a node bends, better than what plain backward bounds give.
   *
   * @param scope the cell in which it holds; empty for the whole region
   * @param lower whether it is a lower side
   * @param leaves whose cells cover the scope
   */
  public record Tightening(
      List<Literal> scope, int node, int unit, boolean lower, List<Leaf> leaves) {}

  /**
   * A row and cells in which it is above 0.
   *
   * @param outputs coefficients of the logits [K]
   * @param inputs coefficients of the input [D], or empty where all are 0
   */
  public record Proved(double[] outputs, double[] inputs, List<Leaf> leaves) {}

  /** A clause by some of its rows. */
  public record Refuted(List<Proved> rows) {}
}
