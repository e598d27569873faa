// SPDX-License-Identifier: Apache-2.0
package org.rigor.diff;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.ir.Program;
import org.rigor.ir.Value;

/**
 * Check that each sample's outputs depend on that sample alone. A batch norm with batch statistics
 * breaks this: attacked or measured with neighbours, a sample would see a different function than
 * alone.
 */
public final class SamplesApart {
  private SamplesApart() {}

  /**
   * Follows axis 1 from the input to the outputs.
   *
   * @param y outputs [M, B, ...]
   * @param x the inputs [M, B, ...] they are computed from; B = 1 always passes
   * @throws IllegalArgumentException naming the operation that joins samples, and its line
   */
  public static void require(Value y, Value x) {
    joining(y, x)
        .ifPresent(
            v -> {
              throw new IllegalArgumentException(
                  "the samples of a network must not depend on each other (a batch norm must use"
                      + " stored statistics), but "
                      + v.op()
                      + " joins them, traced at "
                      + v.origin());
            });
  }

  /** Returns the first value that joins samples, by the rules of {@link #require}. */
  public static Optional<Value> joining(Value y, Value x) {
    int batch = x.shape().dim(1);
    Set<Value> dependent = Collections.newSetFromMap(new IdentityHashMap<>());
    dependent.add(x);
    for (Value v : Program.topological(List.of(y))) {
      if (v.inputs().stream().anyMatch(dependent::contains)) {
        dependent.add(v);
        boolean kept = v.shape().rank() >= 2 && v.shape().dim(1) == batch;
        if (batch > 1 && !(kept && v.op().keepsSamplesApart(v, dependent::contains))) {
          return Optional.of(v);
        }
      }
    }
    return Optional.empty();
  }
}
