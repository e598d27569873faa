// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import org.rigor.ir.Program;
import org.rigor.ir.Value;

/** How many samples a program takes at a time, so that its memory does not grow with the data. */
public final class Batches {
  /** Elements of a value, 32 MiB of doubles. */
  private static final long ELEMENTS = 1L << 22;

  private Batches() {}

  /**
   * Samples of a run, 1 to {@code samples}.
   *
   * @param one the program for one sample; its values grow no faster than the samples
   */
  public static int fit(Program one, int samples) {
    long largest = 1;
    for (Value v : one.nodes()) {
      largest = Math.max(largest, v.shape().size());
    }
    return (int) Math.max(1, Math.min(samples, ELEMENTS / largest));
  }
}
