// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import org.rigor.ir.Value;

/**
 * A method that bounds margins of a network from below around many samples at once.
 *
 * <p>To add one: a class that implements this interface, and its line in {@link Certificates}.
 */
public interface Certificate {
  /**
   * Traces lower sides of all margins.
   *
   * @param logits [M, B, K], traced in F64 from {@code region.x()}
   * @param oneHot right classes, [M or 1, B, K] F64
   * @return [M, K, B, 1]: at j, a lower bound of z_y - z_j over the region in real arithmetic; NaN
   *     where nothing is known
   * @throws UnsupportedOperationException if an operation has no bound rule
   */
  Value margins(Value logits, Region region, Value oneHot);

  /** Prepares the search over samples and radii: passes of {@link #margins}, unless overridden. */
  default Stage stage(Stage.Setup setup) {
    return new Search(this, setup);
  }

  /**
   * Returns whether it searches for a decision at length. An attack should come first then, since
   * what it refutes costs most.
   */
  default boolean decides() {
    return false;
  }

  /** Returns whether it bounds every hidden unit backwards, which {@link BackwardWork} counts. */
  default boolean boundsHidden() {
    return false;
  }

  /** Returns the name in commands, studies and reports. */
  String name();
}
