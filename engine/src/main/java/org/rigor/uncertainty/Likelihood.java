// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;

/** The likelihood of targets given a network's outputs. */
public sealed interface Likelihood {
  /**
   * Returns each sample's negative log-likelihood up to a constant: [M, B, K] to [M, B, 1].
   *
   * @param targets [M or 1, B, K], one-hot for classes
   */
  Value loss(Value outputs, Value targets);

  /** Classes by softmax of the outputs. */
  record Categorical() implements Likelihood {
    @Override
    public Value loss(Value outputs, Value targets) {
      return Loss.crossEntropy(outputs, targets);
    }
  }

  /** Independent normal noise of known standard deviation. */
  record Normal(double deviation) implements Likelihood {
    public Normal {
      if (!(deviation > 0) || Double.isInfinite(deviation)) {
        throw new IllegalArgumentException("likelihood: deviation must be > 0, got " + deviation);
      }
    }

    @Override
    public Value loss(Value outputs, Value targets) {
      Value d = F.mul(F.sub(outputs, targets), 1 / deviation);
      return F.mul(F.sum(F.square(d), -1), 0.5);
    }
  }
}
