// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import java.util.OptionalDouble;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.TensorType;

/** An attack with state beside its point: steps along the sum of the directions so far. */
public record Remembering(int steps, double share) implements Attack {
  @Override
  public boolean randomStart() {
    return false;
  }

  @Override
  public OptionalDouble stepShare() {
    return OptionalDouble.of(share);
  }

  @Override
  public Map<String, TensorType> keeps(TensorType x) {
    return Map.of("velocity", x);
  }

  @Override
  public AttackState start(Problem p) {
    return new AttackState(p.x0(), Map.of("velocity", F.mul(p.x0(), 0)));
  }

  @Override
  public AttackState step(Problem p, AttackState s) {
    Value g = p.threat().norm().direction(p.gradient().apply(s.x()));
    Value v = F.add(s.kept().get("velocity"), g);
    return new AttackState(p.ascend(s.x(), v, share), Map.of("velocity", v));
  }
}
