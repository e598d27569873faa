// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import org.rigor.ir.Value;
import org.rigor.nn.Loss;

/** Training on clean samples by the mean squared error between outputs and one-hot labels. */
public record SquaredErrorTraining() implements Method {
  @Override
  public Value loss(Objective o) {
    return Loss.squaredError(o.logits(o.x()), o.smoothed());
  }
}
