// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import org.rigor.diff.ReluMasks;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.op.DirectConvolutions;

/**
 * Passes over a traced program before it is compiled, by its purpose. Simplification comes first:
 * the other passes look for values that are computed twice.
 */
public enum Passes {
  /** Simplification alone: kinks and windows stay as they were traced. */
  MEASURE(false, false),
  /**
   * Also takes masks from activations; windows stay, because gradients by the kernels need them.
   */
  TRAIN(true, false),
  /** Also uses direct convolutions where the device's blocks share memory. */
  ATTACK(true, true);

  private final boolean masks;
  private final boolean direct;

  Passes(boolean masks, boolean direct) {
    this.masks = masks;
    this.direct = direct;
  }

  /**
   * Returns the program to compile. {@link Workspace} calls this for every program it compiles.
   *
   * @param sharedBytes shared memory of the device's blocks, {@link
   *     org.rigor.exec.Device#sharedBytes}
   */
  public Program run(Program traced, int sharedBytes) {
    Program p = Simplify.run(traced);
    p = masks ? ReluMasks.run(p) : p;
    return direct ? DirectConvolutions.run(p, sharedBytes) : p;
  }
}
