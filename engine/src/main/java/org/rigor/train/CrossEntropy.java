// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import org.rigor.ir.Value;
import org.rigor.nn.Loss;

/**
 * A method whose loss is the cross-entropy of the (smoothed) labels at the perturbed batch. For
 * small perceptrons a fused kernel computes its gradient, see {@link org.rigor.nn.mlp.MlpGradient}.
 */
interface CrossEntropy extends Method {
  @Override
  default Value loss(Objective o) {
    return Loss.crossEntropy(o.logits(o.perturbed()), o.smoothed());
  }
}
