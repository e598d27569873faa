// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.threat.Norm;

/**
 * Small adversarial bounding boxes (Mueller et al. 2023): the worst-case cross-entropy, by
 * intervals, over the box of radius lambda epsilon around an adversarial example that lies within
 * (1 - lambda) epsilon of the sample. Lambda 1 is interval training without a clean loss, and close
 * to 0 it is adversarial training.
 */
public record Sabr(Attack attack, Initialisation initialisation) implements Method {
  private static final String CENTRES = "centres";

  /**
   * Creates the method with projected gradient ascent.
   *
   * @param steps at least 1
   */
  public Sabr(int steps) {
    this(Perturbation.pgd(steps, true), Initialisation.USUAL);
  }

  @Override
  public Map<String, Double> numbers() {
    return Ramp.with(Map.of("lambda", 0.4));
  }

  @Override
  public Map<String, Table> tables() {
    return Map.of(Ramp.SHARE, Ramp::share, CENTRES, Sabr::centres);
  }

  /** Returns how far from a sample the boxes' centres may lie at a step, a share of epsilon. */
  private static double centres(Map<String, Double> numbers, int step, int total) {
    double lambda = numbers.get("lambda");
    if (!(lambda <= 1)) {
      throw new IllegalArgumentException("SABR: lambda must lie in [0, 1], got " + lambda);
    }
    return (1 - lambda) * Ramp.share(numbers, step, total);
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
            Optional.of(CENTRES)));
  }

  @Override
  public Value loss(Objective o) {
    o.learn(o.x());
    Value box = F.mul(F.mul(o.epsilon(), o.table(Ramp.SHARE)), o.number("lambda"));
    return IbpTraining.worst(o, o.margins(o.perturbed(), box).ibp());
  }
}
