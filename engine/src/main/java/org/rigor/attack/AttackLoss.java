// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Optional;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;

/**
 * Loss that an attack maximises: from logits [M, B, K] to [M, B, 1]. Adding a constant to all
 * logits changes no gradient; scaling them merely scales the gradients of the margins, whereas the
 * gradient of the cross-entropy underflows to zero where the label's logit is far ahead.
 */
public enum AttackLoss {
  /** logsumexp(z) - z_y. */
  CROSS_ENTROPY {
    @Override
    Value of(Value logits, Labels labels) {
      return Loss.crossEntropy(logits, labels.own());
    }
  },
  /** Largest wrong logit minus the right one (Carlini and Wagner 2017); scale-invariant in sign. */
  MARGIN {
    @Override
    Value of(Value logits, Labels labels) {
      return Loss.margin(logits, labels.own());
    }
  },
  /**
   * Logit of a target class minus the right one. Starts target one class after another, the
   * likeliest at the clean point first (Croce and Hein 2020, section 5).
   */
  TARGETED_MARGIN {
    @Override
    Value of(Value logits, Labels labels) {
      Value target =
          labels
              .target()
              .orElseThrow(
                  () -> new IllegalArgumentException("attack: targeted-margin needs a target"));
      return F.sum(F.mul(F.sub(target, labels.own()), logits), -1);
    }
  };

  /**
   * One-hot classes, [M or 1, B, K].
   *
   * @param own the label
   * @param target the target class, if any
   */
  record Labels(Value own, Optional<Value> target) {}

  abstract Value of(Value logits, Labels labels);

  /** Returns the loss of a label alone, for untargeted losses. */
  public Value of(Value logits, Value oneHot) {
    return of(logits, new Labels(oneHot, Optional.empty()));
  }

  /** Returns whether each start has a target class. */
  public boolean targeted() {
    return this == TARGETED_MARGIN;
  }
}
