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
 * TRADES (Zhang et al. 2019, equation 5): CE(f(x), y) + beta KL(f(x) || f(x')), where x' maximises
 * the divergence, starting from x + 0.001 N(0, 1). Gradients flow through both outputs. Batch norms
 * see x, then x'; the published code makes another pass over x.
 */
public record Trades(Norm norm, Attack attack) implements Method {
  /**
   * Creates the method with projected gradient ascent.
   *
   * @param steps at least 1
   */
  public Trades(Norm norm, int steps) {
    this(norm, Perturbation.pgd(steps, false));
  }

  @Override
  public Map<String, Double> numbers() {
    return Map.of("beta", 6.0);
  }

  @Override
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        new Perturbation(norm, attack, Perturbation.Start.NORMAL, Perturbation.Goal.DIVERGENCE));
  }

  @Override
  public Value loss(Objective o) {
    return loss(o, o.smoothed());
  }

  /** Returns the loss with arbitrary targets for the clean samples. */
  static Value loss(Objective o, Value target) {
    Value clean = o.logits(o.x());
    Value divergence = Loss.klDivergence(clean, o.logits(o.perturbed()));
    return F.add(Loss.crossEntropy(clean, target), F.mul(o.number("beta"), divergence));
  }
}
