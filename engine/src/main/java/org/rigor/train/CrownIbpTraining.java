// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;

/**
 * CROWN-IBP (Zhang et al. 2020): {@link IbpTraining} whose margins are beta times backward linear
 * bounds, with hidden layers by intervals, and 1 - beta times intervals. While epsilon rises, beta
 * falls from 1; the usual values end with intervals alone.
 */
public record CrownIbpTraining(Initialisation initialisation) implements Method {
  /** Creates the method with the network's own initial weights. */
  public CrownIbpTraining() {
    this(Initialisation.USUAL);
  }

  @Override
  public Map<String, Double> numbers() {
    return Ramp.with(Map.of("kappa", 0.5, "beta", 0.0));
  }

  @Override
  public Map<String, Table> tables() {
    return Map.of(
        Ramp.SHARE, Ramp::share, "kappa", IbpTraining::kappa, "beta", CrownIbpTraining::beta);
  }

  /** Returns the weight of the linear bounds at a step. */
  static double beta(Map<String, Double> numbers, int step, int total) {
    return Ramp.between(1, numbers.get("beta"), numbers, step, total);
  }

  @Override
  public boolean smooths() {
    return false;
  }

  @Override
  public Value loss(Objective o) {
    Value radius = F.mul(o.epsilon(), o.table(Ramp.SHARE));
    var bounds = o.margins(o.x(), radius);
    Value ibp = bounds.ibp();
    Value ahead = F.sub(bounds.crownIbp(), ibp);
    return IbpTraining.loss(o, F.add(ibp, F.mul(o.table("beta"), ahead)));
  }
}
