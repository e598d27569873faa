// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.nn.Loss;
import org.rigor.op.F;

/**
 * Interval bound propagation (Gowal et al. 2018): kappa CE(f(x), y) + (1 - kappa) CE(z, y), where
 * z_j - z_y is an upper side of the difference over the linf ball, by intervals with the last
 * linear layer joined to it. While epsilon rises, kappa falls from 1.
 */
public record IbpTraining(Initialisation initialisation) implements Method {
  /** Creates the method with the network's own initial weights. */
  public IbpTraining() {
    this(Initialisation.USUAL);
  }

  @Override
  public Map<String, Double> numbers() {
    return Ramp.with(Map.of("kappa", 0.5));
  }

  @Override
  public Map<String, Table> tables() {
    return Map.of(Ramp.SHARE, Ramp::share, "kappa", IbpTraining::kappa);
  }

  /** Returns the weight of the clean loss at a step. */
  static double kappa(Map<String, Double> numbers, int step, int total) {
    return Ramp.between(1, numbers.get("kappa"), numbers, step, total);
  }

  /** Returns false: worst-case outputs have no use for smoothed labels. */
  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Value loss(Objective o) {
    Value radius = F.mul(o.epsilon(), o.table(Ramp.SHARE));
    return loss(o, o.margins(o.x(), radius).ibp());
  }

  /** Returns kappa times the clean loss and the rest times that of the worst case. */
  static Value loss(Objective o, Value margins) {
    Value clean = Loss.crossEntropy(o.logits(o.x()), o.labels());
    Value kappa = o.table("kappa");
    Value rest = F.sub(F.constant(kappa, 1), kappa);
    return F.add(F.mul(kappa, clean), F.mul(rest, worst(o, margins)));
  }

  /** Returns the cross-entropy of the outputs that lower sides of all margins allow. */
  static Value worst(Objective o, Value margins) {
    return Loss.crossEntropy(F.neg(margins), o.labels());
  }
}
