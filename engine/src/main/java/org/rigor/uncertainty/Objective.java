// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import org.rigor.attack.AttackLoss;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;

/**
 * What an attack on a predictor and its score wants of a sample. Each is a loss to climb and a
 * value of the point at hand, by which the best of all points met is kept; -infinity where the
 * point does not do at all. Arguments: log-probabilities of the draws [M, J, B, K], one-hot labels
 * [M or 1, B, K].
 */
public enum Objective {
  /** A wrong class: the loss of the mean prediction, log-probabilities of the mean as logits. */
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
  /** Wrong and accepted: a wrong class with as little uncertainty as can be had. */
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
  /** The right class, with as much uncertainty as can be had: the sample is sent away. */
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
  /** For samples that are wrong as they are: as little uncertainty as can be had, still wrong. */
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

  /** Margin, in nats of the mean prediction, up to which being wrong is pursued for itself. */
  private static final double SLACK = 0.5;

  /** What is climbed, [M, B, 1]. */
  abstract Value loss(Value each, Value oneHot, Score score);

  /** How good the point is, [M, B, 1]; -infinity if it does not do. */
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
