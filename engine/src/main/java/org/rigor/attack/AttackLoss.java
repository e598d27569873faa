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
   * Largest wrong probability minus the right one (PMA, Xie et al. 2025): the margin where the
   * probabilities are in doubt; it fades, as the cross-entropy does, where the label's logit is far
   * ahead.
   */
  PROBABILITY_MARGIN {
    @Override
    Value of(Value logits, Labels labels) {
      return Loss.margin(F.softmax(logits, -1), labels.own());
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
                  () -> new IllegalArgumentException("attack: a targeted loss needs a target"));
      return F.sum(F.mul(F.sub(target, labels.own()), logits), -1);
    }
  },
  /**
   * Difference of logits ratio (Croce and Hein 2020, equation 6): the margin over the first logit's
   * lead on the third, each of the sorted logits. Positive where the sample is misclassified, at
   * least -1 where it is not; the scale of the logits changes nothing. Two classes have no third
   * logit: there it is {@link #MARGIN}.
   */
  DLR {
    @Override
    Value of(Value logits, Labels labels) {
      Value margin = Loss.margin(logits, labels.own());
      if (classes(logits) < 3) {
        return margin;
      }
      Value sorted = largest(logits, 3);
      return F.div(margin, F.add(F.sub(column(sorted, 0), column(sorted, 2)), TINY));
    }
  },
  /**
   * Its form with a target (equation 7): the target's logit minus the right one, over the first
   * logit's lead on the mean of the third and fourth. Up to three classes have no fourth logit:
   * there it is {@link #TARGETED_MARGIN}.
   */
  TARGETED_DLR {
    @Override
    Value of(Value logits, Labels labels) {
      Value margin = TARGETED_MARGIN.of(logits, labels);
      if (classes(logits) < 4) {
        return margin;
      }
      Value sorted = largest(logits, 4);
      Value middle = F.mul(F.add(column(sorted, 2), column(sorted, 3)), 0.5);
      return F.div(margin, F.add(F.sub(column(sorted, 0), middle), TINY));
    }
  };

  /** Keeps a ratio of equal logits finite. */
  private static final double TINY = 1e-12;

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
    return this == TARGETED_MARGIN || this == TARGETED_DLR;
  }

  /** Returns whether it is a difference of two logits, so that its zeros are boundaries. */
  public boolean isMargin() {
    return this == MARGIN || this == TARGETED_MARGIN;
  }

  private static int classes(Value logits) {
    return logits.shape().dim(-1);
  }

  /** Returns the k largest logits, largest first: [M, B, k]. */
  private static Value largest(Value logits, int k) {
    return F.takeAlong(logits, F.topK(logits, k));
  }

  private static Value column(Value sorted, int i) {
    return F.slice(sorted, 2, i, i + 1);
  }
}
