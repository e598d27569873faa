// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import org.rigor.ir.Value;

/**
 * Branch and bound (beta-CROWN, Wang et al. 2021) after {@link AlphaCrown}: where a margin stays
 * open, the region is split by the sign of the unit that loses most by its upper line, and each
 * cell gets slopes and multipliers of its own. The cells of a margin cover the region, so that
 * their least bound is a bound of the margin. A margin may stay open with any number of nodes:
 * pooling and smooth functions are not split, and an ascent may end before a cell's bound is tight.
 *
 * @param steps of each ascent, at least 1
 * @param nodes most cells that are bounded for a margin, at least 1
 */
public record BetaCrown(int steps, int nodes) implements Certificate {
  private static final int STEPS = 20;
  private static final int NODES = 512;

  public BetaCrown {
    if (steps < 1 || nodes < 1) {
      throw new IllegalArgumentException(
          "beta-crown: steps and nodes must be >= 1, got %d and %d".formatted(steps, nodes));
    }
  }

  public BetaCrown() {
    this(STEPS, NODES);
  }

  @Override
  public String name() {
    return "beta-crown";
  }

  /** Traces the margins before any ascent, which are CROWN's. */
  @Override
  public Value margins(Value logits, Region region, Value oneHot) {
    return new Crown().margins(logits, region, oneHot);
  }

  @Override
  public boolean decides() {
    return true;
  }

  @Override
  public boolean boundsHidden() {
    return true;
  }

  @Override
  public Stage stage(Stage.Setup setup) {
    return new Ascent(name(), steps, nodes, setup);
  }
}
