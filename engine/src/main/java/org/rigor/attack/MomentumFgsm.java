// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import java.util.OptionalDouble;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;
import org.rigor.threat.Sparse;

/**
 * MI-FGSM (Dong et al. 2018, algorithm 1): steps from the clean point along the sum of all
 * gradients so far, each of l1 norm 1 within its sample, without decay (mu = 1).
 *
 * @param steps at least 1
 * @param relativeStep step size over the radius, above 0
 */
public record MomentumFgsm(int steps, double relativeStep) implements Attack {
  public MomentumFgsm {
    if (steps < 1) {
      throw new IllegalArgumentException("mi-fgsm: steps must be >= 1, got " + steps);
    }
    if (!(relativeStep > 0) || Double.isInfinite(relativeStep)) {
      throw new IllegalArgumentException("mi-fgsm: relative step must be > 0, got " + relativeStep);
    }
  }

  @Override
  public boolean randomStart() {
    return false;
  }

  @Override
  public OptionalDouble stepShare() {
    return OptionalDouble.of(relativeStep);
  }

  @Override
  public Map<String, TensorType> keeps(TensorType x) {
    return Map.of("momentum", x);
  }

  @Override
  public boolean takes(Distance distance) {
    return distance != Sparse.L0; // which has no steepest direction
  }

  @Override
  public AttackState start(Problem p) {
    Value x = p.x0();
    return new AttackState(x, Map.of("momentum", F.fill(x.dtype(), x.shape(), 0)));
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value gradient = p.gradient().apply(state.x());
    Value sum = F.sum(F.abs(gradient), Norm.features(gradient));
    Value zero = F.constant(sum, 0);
    Value unit = F.select(F.gt(sum, zero), F.div(gradient, sum), F.constant(gradient, 0));
    Value momentum = F.add(state.kept().get("momentum"), unit);
    return new AttackState(
        p.ascend(state.x(), momentum, relativeStep), Map.of("momentum", momentum));
  }
}
