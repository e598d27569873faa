// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.OptionalDouble;
import org.rigor.threat.Distance;
import org.rigor.threat.Sparse;

/**
 * Projected gradient ascent (Madry et al. 2018). FGSM (Goodfellow et al. 2015) is one step of
 * relative size 1 from the clean point.
 *
 * @param steps at least 1
 * @param relativeStep step size over the radius, above 0
 * @param randomStart starts at a random point of the ball instead of the clean point
 */
public record Pgd(int steps, double relativeStep, boolean randomStart) implements Attack {
  /** Default total path of all steps in radii; a random start may need 2. */
  public static final double REACH = 2.5;

  public Pgd {
    if (steps < 1) {
      throw new IllegalArgumentException("pgd: steps must be >= 1, got " + steps);
    }
    if (!(relativeStep > 0) || Double.isInfinite(relativeStep)) {
      throw new IllegalArgumentException("pgd: relative step must be > 0, got " + relativeStep);
    }
  }

  /** Returns PGD from random starts whose steps together span {@link #REACH} radii. */
  public static Pgd of(int steps) {
    return new Pgd(steps, REACH / steps, true);
  }

  /** Returns FGSM: one full step from the clean point. */
  public static Pgd fgsm() {
    return new Pgd(1, 1, false);
  }

  @Override
  public boolean takes(Distance distance) {
    return distance != Sparse.L0; // which has no steepest direction
  }

  @Override
  public AttackState start(Problem p) {
    return AttackState.of(randomStart ? p.draw() : p.x0());
  }

  @Override
  public AttackState step(Problem p, AttackState state) {
    return AttackState.of(p.ascend(state.x(), relativeStep));
  }

  @Override
  public OptionalDouble stepShare() {
    return OptionalDouble.of(relativeStep);
  }
}
