// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;

/** Growth of a ball's bound with the number of its cells, from look to look. */
final class Pace {
  /** Gain of a doubling of the cells that may be hoped for, over what the last ones gained. */
  private static final double HOPE = 1.5;

  private final List<Tree> trees;
  private double bound;
  private long cells = 1;

  /**
   * @param trees of the ball, before they grow
   */
  Pace(List<Tree> trees) {
    this.trees = trees;
    this.bound = least();
  }

  private double least() {
    return trees.stream().mapToDouble(Tree::bound).min().getAsDouble();
  }

  /**
   * Returns whether little is left of each tree, or bounds come to 0 within a number of cells if
   * each doubling of them gains about as much as those since the last look, of which there were
   * some.
   */
  boolean suffices(BallPhase.Look look, long all) {
    double now = least();
    long nodes = trees.get(0).owner.nodes;
    double gain = (now - bound) / Math.max(1, log2((double) nodes / cells));
    bound = now;
    cells = nodes;
    return now + HOPE * gain * log2(Math.max(1, (double) all / nodes)) > 0
        || trees.stream().allMatch(t -> t.left() < look.share());
  }

  private static double log2(double x) {
    return StrictMath.log(x) / StrictMath.log(2);
  }
}
