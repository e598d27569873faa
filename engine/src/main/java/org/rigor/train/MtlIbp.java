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
 * MTL-IBP (De Palma et al. 2024): (1 - alpha) CE(f(x'), y) + alpha times the worst-case
 * cross-entropy by intervals, where x' is an adversarial example of the whole ball.
 */
public record MtlIbp(Attack attack, Initialisation initialisation) implements Method {
  /**
   * Creates the method with projected gradient ascent.
   *
   * @param steps at least 1
   */
  public MtlIbp(int steps) {
    this(Perturbation.pgd(steps, true), Initialisation.USUAL);
  }

  @Override
  public Map<String, Double> numbers() {
    return Ramp.with(Map.of("alpha", 0.1));
  }

  @Override
  public Map<String, Table> tables() {
    return Map.of(Ramp.SHARE, Ramp::share);
  }

  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Optional<Perturbation> perturbation() {
    return Optional.of(
        new Perturbation(
            Norm.LINF,
            Optional.of(attack),
            Perturbation.Start.ATTACK,
            Perturbation.Goal.CROSS_ENTROPY,
            Optional.of(Ramp.SHARE)));
  }

  @Override
  public Value loss(Objective o) {
    Value radius = F.mul(o.epsilon(), o.table(Ramp.SHARE));
    Value attacked = Loss.crossEntropy(o.logits(o.perturbed()), o.labels());
    Value worst = IbpTraining.worst(o, o.margins(o.x(), radius).ibp());
    return F.add(attacked, F.mul(o.number("alpha"), F.sub(worst, attacked)));
  }
}
