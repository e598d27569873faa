// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;
import org.rigor.threat.Norm;

/**
 * MART (Wang et al. 2020, equation 14): BCE(p(x'), y) + beta KL(p(x) || p(x')) (1 - p_y(x)) with
 * BCE = -log p_y(x') - log(1 - max over k not y of p_k(x')), and x' by projected gradient ascent,
 * or another attack, on the cross-entropy, starting from x + 0.001 N(0, 1). Logarithms are guarded
 * as in the published code: log(1.0001 - p + 1e-12), log(p(x') + 1e-12), 1.0000001 - p_y(x).
 */
public record Mart(Norm norm, Attack attack) implements Method {
  /**
   * Creates the method with projected gradient ascent.
   *
   * @param steps at least 1
   */
  public Mart(Norm norm, int steps) {
    this(norm, Perturbation.pgd(steps, false));
  }

  @Override
  public Map<String, Double> numbers() {
    return Map.of("beta", 5.0);
  }

  @Override
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        new Perturbation(norm, attack, Perturbation.Start.NORMAL, Perturbation.Goal.CROSS_ENTROPY));
  }

  /** Returns false: the published objective does not smooth labels. */
  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Value loss(Objective o) {
    Value label = o.labels();
    Value clean = o.logits(o.x());
    Value attacked = o.logits(o.perturbed());
    Value q = F.softmax(attacked, -1);
    // Probabilities are at least 0, so the 0 at the label never wins.
    Value rival = F.max(F.sub(q, F.mul(q, label)), -1);
    Value miss = F.neg(F.log(F.add(F.add(F.neg(rival), 1.0001), 1e-12)));
    Value boosted = F.add(Loss.crossEntropy(attacked, label), miss);
    Value logP = F.logSoftmax(clean, -1);
    Value p = F.exp(logP);
    Value divergence = F.sum(F.mul(p, F.sub(logP, F.log(F.add(q, 1e-12)))), -1);
    Value unsure = F.add(F.neg(F.sum(F.mul(p, label), -1)), 1.0000001);
    return F.add(boosted, F.mul(o.number("beta"), F.mul(divergence, unsure)));
  }
}
