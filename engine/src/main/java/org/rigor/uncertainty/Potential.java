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
  /** Extents without the model axis, by name. */
  Map<String, Shape> parameters();

  /**
   * Traces U.
   *
   * @param b takes further inputs, each named in {@link #inputs}; an input is declared once only
   * @param w by name, F64 [M, shape...]
   * @return F64 [M, 1]
   */
  Value of(Program.Builder b, Map<String, Value> w);

  /**
   * Traces an unbiased estimate of U from some samples, each counted N / B times.
   *
   * @param ids I32 [M, B], in [0, {@link #samples})
   * @throws UnsupportedOperationException if U is no sum over samples
   */
  default Value estimate(Program.Builder b, Map<String, Value> w, Value ids) {
    throw new UnsupportedOperationException(
        getClass().getSimpleName() + " is no sum over samples and has no minibatch estimate");
  }

  /** Samples N of the sum; 0 if it is none. */
  default int samples() {
    return 0;
  }

  /** Values of the inputs that {@link #of} and {@link #estimate} declare. */
  default Map<String, HostTensor> inputs() {
    return Map.of();
  }

  /**
   * Typical deviation of a parameter, the unit of length of samplers: they then move as if every
   * parameter had been divided by it. Never changes what is sampled, only how fast.
   */
  default double scale(String parameter) {
    return 1;
  }
}
