// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import org.rigor.ir.Value;
import org.rigor.nn.Loss;

/** What an attack raises: [M, B, K] logits and one-hot labels to [M, B, 1]. */
public enum AttackLoss {
  /** logsumexp(z) - z_y. */
  CROSS_ENTROPY {
    @Override
    public Value of(Value logits, Value oneHot) {
      return Loss.crossEntropy(logits, oneHot);
    }
  },
  /** Largest wrong logit minus the right one (Carlini and Wagner 2017); scale-invariant in sign. */
  MARGIN {
    @Override
    public Value of(Value logits, Value oneHot) {
      return Loss.margin(logits, oneHot);
    }
  };

  public abstract Value of(Value logits, Value oneHot);
}
