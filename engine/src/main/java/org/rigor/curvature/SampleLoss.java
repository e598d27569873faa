// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import org.rigor.ir.Value;

/** The loss of each sample, such as {@link org.rigor.nn.Loss#crossEntropy}. */
@FunctionalInterface
public interface SampleLoss {
  /**
   * Traces it.
   *
   * @param outputs [M, B, K]
   * @param targets [M or 1, B, K]
   * @return [M, B, 1]
   */
  Value of(Value outputs, Value targets);
}
