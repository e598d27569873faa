// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.OptionalDouble;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** An attack whose steps draw: along a gradient that noise of about its size was added to. */
public record Jittering(int steps, double share) implements Attack {
  @Override
  public boolean randomStart() {
    return false;
  }

  @Override
  public OptionalDouble stepShare() {
    return OptionalDouble.of(share);
  }

  @Override
  public AttackState start(Problem p) {
    return AttackState.of(p.x0());
  }

  @Override
  public AttackState step(Problem p, AttackState s) {
    Value g = p.gradient().apply(s.x());
    Shape features = g.shape().remove(0).remove(0);
    Problem.Draws d = p.draws().get();
    Value noise = d.random().normal(d.site() + "/noise", g.dtype(), features);
    return AttackState.of(
        p.ascend(s.x(), F.add(g, F.mul(noise, p.threat().norm().length(g))), share));
  }
}
