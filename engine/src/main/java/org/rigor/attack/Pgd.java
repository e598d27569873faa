// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import org.rigor.data.Box;
import org.rigor.ir.Value;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

/**
 * Projected gradient ascent (Madry et al. 2018). FGSM (Goodfellow et al. 2015) is one step of
 * relative size 1 from the clean point.
 *
 * @param steps at least 1
 * @param relativeStep step size over epsilon, above 0
 * @param randomStart starts at a random point of the ball instead of the clean point
 */
public record Pgd(Norm norm, int steps, double relativeStep, boolean randomStart) {
  public Pgd {
    if (steps < 1) {
      throw new IllegalArgumentException("pgd: steps must be >= 1, got " + steps);
    }
    if (!(relativeStep > 0) || Double.isInfinite(relativeStep)) {
      throw new IllegalArgumentException("pgd: relative step must be > 0, got " + relativeStep);
    }
  }

  /** FGSM: one full step from the clean point. */
  public static Pgd fgsm(Norm norm) {
    return new Pgd(norm, 1, 1, false);
  }

  /** First iterate: the clean point moved by {@code epsilon} times a point of the unit ball. */
  public Value start(Value x0, Value epsilon, Value unitNoise, Box box) {
    return new Threat(norm, box).start(x0, epsilon, unitNoise);
  }

  /**
   * Next iterate: a step along the gradient of the loss to be raised, then ball, then box.
   *
   * @param stepSize length of the step, shaped like epsilon
   */
  public Value step(Value x, Value x0, Value gradient, Value epsilon, Value stepSize, Box box) {
    return new Threat(norm, box).step(x, x0, gradient, epsilon, stepSize);
  }
}
