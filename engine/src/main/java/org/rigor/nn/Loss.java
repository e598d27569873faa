// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import org.rigor.ir.Value;
import org.rigor.op.F;

/**
 * Losses per sample: from outputs [M, B, K] to [M, B, 1]. Targets are distributions [M or 1, B, K]
 * (one-hot for hard labels) except where a method says otherwise.
 */
public final class Loss {
  private Loss() {}

  /** Computes the cross-entropy logsumexp(z) * sum(t) - sum(t z), for targets that sum to 1. */
  public static Value crossEntropy(Value logits, Value targets) {
    Value picked = F.sum(F.mul(targets, logits), -1);
    return F.sub(F.logSumExp(logits, -1), picked);
  }

  /** Smooths labels (Szegedy et al. 2016): (1 - smoothing) one-hot + smoothing / K. */
  public static Value smooth(Value oneHot, double smoothing) {
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new IllegalArgumentException("label smoothing must lie in [0, 1], got " + smoothing);
    }
    int k = oneHot.shape().dim(-1);
    return F.add(F.mul(oneHot, 1 - smoothing), smoothing / k);
  }

  /** Computes the mean over the outputs of (z - t)^2. */
  public static Value squaredError(Value outputs, Value targets) {
    Value d = F.sub(outputs, targets);
    return F.mean(F.mul(d, d), -1);
  }

  /**
   * Computes the largest wrong logit minus the right one; positive exactly where the sample is
   * misclassified or tied at 0. Needs one-hot targets.
   */
  public static Value margin(Value logits, Value oneHot) {
    Value right = F.sum(F.mul(oneHot, logits), -1);
    Value half = F.constant(oneHot, 0.5);
    Value wrong =
        F.select(
            F.gt(F.broadcast(oneHot, logits.shape()), half),
            F.constant(logits, Double.NEGATIVE_INFINITY),
            logits);
    return F.sub(F.max(wrong, -1), right);
  }

  /** Computes KL(softmax(p) || softmax(q)) from logits, as in TRADES and ADR. */
  public static Value klDivergence(Value p, Value q) {
    Value logP = F.logSoftmax(p, -1);
    Value logQ = F.logSoftmax(q, -1);
    return F.sum(F.mul(F.exp(logP), F.sub(logP, logQ)), -1);
  }
}
