// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import java.util.List;
import java.util.function.IntFunction;
import org.rigor.ir.Program;
import org.rigor.ir.Value;

/** How many samples a program takes at a time, so that its memory does not grow with the data. */
public final class Batches {
  /** Elements of a value, 32 MiB of doubles. */
  private static final long ELEMENTS = 1L << 22;

  private Batches() {}

  /**
   * Samples of a run, 1 to {@code samples}, by how values grow from two samples to three: what does
   * not, such as weights, takes no part.
   *
   * @param program as traced for a number of samples; if the two have different nodes, all counts
   */
  public static int fit(IntFunction<Program> program, int samples) {
    List<Value> two = Passes.MEASURE.run(program.apply(2), 0).nodes();
    List<Value> three = Passes.MEASURE.run(program.apply(3), 0).nodes();
    boolean alike = two.size() == three.size();
    long growth = 1;
    for (int i = 0; i < three.size(); i++) {
      long size = three.get(i).shape().size();
      growth = Math.max(growth, alike ? size - two.get(i).shape().size() : size);
    }
    return (int) Math.max(1, Math.min(samples, ELEMENTS / growth));
  }
}
