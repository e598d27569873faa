// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import org.rigor.diff.ReluMasks;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.op.DirectConvolutions;

/**
 * What is done to a traced program before it is compiled, by what the program is for.
 * Simplification comes first: the other passes look for values that are computed twice.
 */
public enum Passes {
  /** Simplification alone: kinks and windows stay as they were traced. */
  MEASURE(false, false),
  /** Masks of activations too; windows stay, for gradients by the kernels need them. */
  TRAIN(true, false),
  /** Direct convolutions too, where the device's blocks share memory. */
  ATTACK(true, true);

  private final boolean masks;
  private final boolean direct;

  Passes(boolean masks, boolean direct) {
    this.masks = masks;
    this.direct = direct;
  }

  /**
   * Returns the program that is compiled. {@link Workspace} calls it; nobody else needs to.
   *
   * @param sharedBytes of the device's blocks, {@link org.rigor.exec.Device#sharedBytes}
   */
  public Program run(Program traced, int sharedBytes) {
    Program p = Simplify.run(traced);
    p = masks ? ReluMasks.run(p) : p;
    return direct ? DirectConvolutions.run(p, sharedBytes) : p;
  }
}
