// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * The negative logarithm U of a density over named parameters, up to a constant, in double: {@code
 * U(w) = -log p(w) - sum_n log p(y_n | x_n, w)} for a posterior.
 */
public interface Potential {
  /** Returns the extents without the model axis, by name. */
  Map<String, Shape> parameters();

  /**
   * Traces U.
   *
   * @param b takes further inputs, each named in {@link #inputs} and declared only once
   * @param w by name, F64 [M, shape...]
   * @return F64 [M, 1]
   */
  Value of(Program.Builder b, Map<String, Value> w);

  /**
   * Traces an unbiased estimate of U from some samples, each counted N / B times.
   *
   * @param ids I32 [M, B], in [0, {@link #samples})
   * @throws UnsupportedOperationException if U is not a sum over samples
   */
  default Value estimate(Program.Builder b, Map<String, Value> w, Value ids) {
    throw new UnsupportedOperationException(
        getClass().getSimpleName() + " is no sum over samples and has no minibatch estimate");
  }

  /** Returns the number of samples N in the sum; 0 if U is not a sum. */
  default int samples() {
    return 0;
  }

  /** Returns the values of the inputs that {@link #of} and {@link #estimate} declare. */
  default Map<String, HostTensor> inputs() {
    return Map.of();
  }

  /**
   * Returns a parameter's typical deviation, the samplers' unit of length: they move as if the
   * parameter had been divided by it. It changes only how fast they sample, never what.
   */
  default double scale(String parameter) {
    return 1;
  }
}
