// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.OptionalDouble;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;

/**
 * R+FGSM (Tramer et al. 2018): half the radius in a random direction, in linf to a random corner,
 * then the other half along the gradient there. It gets past gradients that mislead at the clean
 * point; a start that points away is lost.
 */
public record RandomFgsm() implements Attack {
  /** Share of the radius that is random. */
  private static final double RANDOM = 0.5;

  @Override
  public boolean takes(Distance distance) {
    return distance instanceof Norm;
  }

  @Override
  public int steps() {
    return 1;
  }

  @Override
  public boolean randomStart() {
    return true;
  }

  @Override
  public OptionalDouble stepShare() {
    return OptionalDouble.of(1 - RANDOM);
  }

  @Override
  public AttackState start(Problem p) {
    Problem.Draws d = p.draws().get();
    Shape features = p.x0().shape().remove(0).remove(0);
    Norm norm = p.threat().requireNorm();
    Value unit =
        norm == Norm.LINF
            ? d.random().signs(d.site() + "/corner", p.x0().dtype(), features)
            : norm.direction(d.random().normal(d.site() + "/normal", p.x0().dtype(), features));
    return AttackState.of(p.threat().start(p.x0(), F.mul(p.radius(), RANDOM), unit));
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    return AttackState.of(p.ascend(state.x(), 1 - RANDOM));
  }
}
