// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import org.rigor.attack.AttackLoss;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;

/**
 * The goal of an attack on a predictor and its score. Each goal has a loss to ascend and a value by
 * which the attack keeps the best point it visits; the value is -infinity at points that miss the
 * goal. Arguments: log-probabilities of the draws [M, J, B, K], one-hot labels [M or 1, B, K].
 */
public enum Objective {
  /**
   * A wrong class; the loss is that of the mean prediction, with log-probabilities of the mean as
   * logits.
   */
  MISCLASSIFY {
    @Override
    Value loss(Value each, Value oneHot, Score score) {
      return AttackLoss.CROSS_ENTROPY.of(MeanNetwork.mean(each), oneHot);
    }

    @Override
    Value value(Value each, Value oneHot, Score score) {
      return margin(each, oneHot);
    }
  },
  /** Wrong and accepted: a wrong class with the least uncertainty. */
  WRONG_AND_ACCEPTED {
    @Override
    Value loss(Value each, Value oneHot, Score score) {
      Value margin = margin(each, oneHot);
      Value far = F.minimum(margin, F.constant(margin, SLACK));
      return F.select(wrong(margin), F.sub(far, score.of(each)), margin);
    }

    @Override
    Value value(Value each, Value oneHot, Score score) {
      return where(wrong(margin(each, oneHot)), F.neg(score.of(each)));
    }
  },
  /** The right class with the most uncertainty, so that the sample is rejected. */
  SCORE_DESTROYED {
    @Override
    Value loss(Value each, Value oneHot, Score score) {
      Value margin = margin(each, oneHot);
      Value close = F.gt(margin, F.constant(margin, -0.1 * SLACK));
      return F.select(close, F.neg(margin), score.of(each));
    }

    @Override
    Value value(Value each, Value oneHot, Score score) {
      Value margin = margin(each, oneHot);
      return where(F.lt(margin, F.constant(margin, 0)), score.of(each));
    }
  },
  /** For samples that are already wrong: the least uncertainty while still wrong. */
  ERROR_MADE_CONFIDENT {
    @Override
    Value loss(Value each, Value oneHot, Score score) {
      Value margin = margin(each, oneHot);
      return F.select(wrong(margin), F.neg(score.of(each)), margin);
    }

    @Override
    Value value(Value each, Value oneHot, Score score) {
      return WRONG_AND_ACCEPTED.value(each, oneHot, score);
    }
  };

  /**
   * Margin of the mean prediction, in nats, up to which the loss still pushes towards a wrong
   * class.
   */
  private static final double SLACK = 0.5;

  /** Returns the loss to ascend, [M, B, 1]. */
  abstract Value loss(Value each, Value oneHot, Score score);

  /** Returns the value of the point, [M, B, 1]; -infinity if it misses the goal. */
  abstract Value value(Value each, Value oneHot, Score score);

  private static Value margin(Value each, Value oneHot) {
    return Loss.margin(MeanNetwork.mean(each), oneHot);
  }

  private static Value wrong(Value margin) {
    return F.gt(margin, F.constant(margin, 0));
  }

  private static Value where(Value condition, Value v) {
    return F.select(condition, v, F.constant(v, Double.NEGATIVE_INFINITY));
  }
}
