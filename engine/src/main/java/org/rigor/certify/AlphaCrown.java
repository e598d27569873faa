// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import org.rigor.ir.Value;

/**
 * CROWN with lower slopes chosen by gradient ascent (alpha-CROWN, Xu et al. 2021), layer by layer:
 * every unit of a hidden layer that may have both signs gets slopes of its own for each of its two
 * sides, then every margin. Any slopes are sound, so that only the last evaluation, in F64 with
 * rounding enclosed, counts.
 *
 * @param steps of the ascent, at least 1
 */
public record AlphaCrown(int steps) implements Certificate {
  private static final int STEPS = 20;

  public AlphaCrown {
    if (steps < 1) {
      throw new IllegalArgumentException("alpha-crown: steps must be >= 1, got " + steps);
    }
  }

  public AlphaCrown() {
    this(STEPS);
  }

  @Override
  public String name() {
    return "alpha-crown";
  }

  /** Traces the margins before the ascent, which are CROWN's. */
  @Override
  public Value margins(Value logits, Region region, Value oneHot) {
    return new Crown().margins(logits, region, oneHot);
  }

  @Override
  public boolean boundsHidden() {
    return true;
  }

  @Override
  public Stage stage(Stage.Setup setup) {
    return new Ascent(name(), steps, 0, setup);
  }
}
