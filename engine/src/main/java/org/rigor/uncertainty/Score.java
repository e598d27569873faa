// SPDX-License-Identifier: Apache-2.0
package org.rigor.uncertainty;

import org.rigor.ir.Value;
import org.rigor.op.F;

/**
 * A predictor's uncertainty about a sample, computed from its draws' log-probabilities: larger is
 * less certain. Scores are traced, so attacks can differentiate them.
 */
public enum Score {
  /**
   * 1 - max_k pbar_k, as the sum of the other classes: it keeps its digits when the maximum is near
   * 1.
   */
  MAX_PROBABILITY {
    @Override
    public Value of(Value logProbabilities) {
      Value mean = MeanNetwork.mean(logProbabilities); // [M, B, K]
      Value top = F.eq(F.argMax(mean, -1), F.iota(3, 2, mean.shape().dim(2)));
      return F.sum(F.select(top, F.constant(mean, 0), F.exp(mean)), -1);
    }
  },
  /** H[pbar], in nats: total uncertainty. */
  ENTROPY {
    @Override
    public Value of(Value logProbabilities) {
      return entropy(MeanNetwork.mean(logProbabilities));
    }
  },
  /** H[pbar] - mean_j H[p_j], in nats: the disagreement between draws. 0 for one draw. */
  MUTUAL_INFORMATION {
    @Override
    public Value of(Value logProbabilities) {
      Value each = F.mean(entropy(logProbabilities), 1); // [M, 1, B, 1]
      Value total = entropy(MeanNetwork.mean(logProbabilities));
      return F.sub(total, F.reshape(each, total.shape()));
    }
  },
  /**
   * sum_k Var_j p_jk, the epistemic part of sum_k Var(1{y = k}); the aleatoric part is sum_k mean_j
   * p_jk (1 - p_jk). 0 for one draw.
   */
  EPISTEMIC_VARIANCE {
    @Override
    public Value of(Value logProbabilities) {
      Value p = F.exp(logProbabilities);
      Value d = F.sub(p, F.mean(p, 1));
      Value v = F.sum(F.mean(F.square(d), 1), -1); // [M, 1, B, 1]
      return F.reshape(v, v.shape().remove(1));
    }
  };

  /** Returns the score: [M, J, B, K] to [M, B, 1]. */
  public abstract Value of(Value logProbabilities);

  /** Returns -sum p log p over the last axis; a probability of 0 adds 0. */
  private static Value entropy(Value log) {
    Value zero = F.constant(log, 0);
    Value p = F.exp(log);
    Value safe = F.select(F.gt(p, zero), log, zero);
    return F.neg(F.sum(F.mul(p, safe), -1));
  }
}
