// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Distance;
import org.rigor.threat.Norm;

/**
 * Decoupled direction and norm (Rony et al. 2019, algorithm 1), without their rounding to grey
 * levels: the gradient of any loss turns the direction, and the distance shrinks by a twentieth
 * where the point is misclassified and grows by one where it is not. It minimises the Euclidean
 * distance; a step without a gradient does not turn, and coordinates that the box holds do not
 * count.
 *
 * @param steps at least 1
 */
public record Ddn(int steps) implements Attack {
  private static final String DISTANCE = "distance";
  private static final double CHANGE = 0.05;

  /** Length of the last step over that of the first. */
  private static final double LAST = 0.01;

  public Ddn {
    if (steps < 1) {
      throw new IllegalArgumentException("ddn: steps must be >= 1, got " + steps);
    }
  }

  @Override
  public boolean takes(Distance distance) {
    return distance == Norm.L2;
  }

  @Override
  public boolean randomStart() {
    return false;
  }

  @Override
  public boolean minimises() {
    return true;
  }

  @Override
  public Map<String, TensorType> keeps(TensorType x) {
    return Minimal.keeps(x, DISTANCE);
  }

  @Override
  public AttackState start(Problem p) {
    return Minimal.start(this, p, Map.of(DISTANCE, Minimal.width(p.threat())));
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    Value x = state.kept().get(ITERATE);
    Value taken = AttackState.rows(state.kept().get(Minimal.STEPS), x);
    Value distance = AttackState.rows(state.kept().get(DISTANCE), x);
    double longest = Minimal.width(p.threat());
    Value length = Minimal.anneal(taken, steps, longest, longest * LAST, x.dtype());

    Value fooled = Minimal.fooled(p, x);
    Value change =
        F.select(fooled, F.constant(distance, 1 - CHANGE), F.constant(distance, 1 + CHANGE));
    Value next = Minimal.within(p.threat(), p.x0(), F.mul(distance, change));
    Value uphill = Norm.L2.direction(p.threat().free(x, p.gradient().apply(x)));
    Value turned = Norm.L2.direction(F.add(F.sub(x, p.x0()), F.mul(uphill, length)));
    Value moved = p.threat().cut(F.add(p.x0(), F.mul(turned, next)));
    return Minimal.next(p, state, moved, Map.of(DISTANCE, Minimal.flat(next)));
  }
}
