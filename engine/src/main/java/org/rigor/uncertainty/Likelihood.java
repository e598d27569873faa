// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;

/** What a network's outputs say about targets. */
public sealed interface Likelihood {
  /**
   * Negative log-likelihood of each sample, up to a constant: [M, B, K] to [M, B, 1].
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

  /** Independent normal noise of one known deviation. */
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
