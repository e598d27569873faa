// SPDX-License-Identifier: Apache-2.0
package org.rigor.workspace;

import java.util.List;
import java.util.function.IntFunction;
import org.rigor.ir.Program;
import org.rigor.ir.Value;

/** Batch size of a program, limited so that memory does not grow with the data. */
public final class Batches {
  /** Target for the elements of a value: 32 MiB of doubles. */
  private static final long ELEMENTS = 1L << 22;

  private Batches() {}

  /**
   * Returns the samples per run, 1 to {@code samples}, from how values grow between two samples and
   * three. Values that do not grow, such as weights, do not count.
   *
   * @param program traces for a number of samples; if the two traces have different nodes, whole
   *     sizes count
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
