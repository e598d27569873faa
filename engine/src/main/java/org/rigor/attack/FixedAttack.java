// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import org.rigor.threat.Threat;

/**
 * All steps of an attack at one radius, taken by every sample, whether it is fooled early or not.
 *
 * @param epsilon radius, at least 0
 */
public record FixedAttack(Pgd pgd, Threat threat, double epsilon) {
  public FixedAttack {
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException("attack: epsilon must be >= 0 and finite, got " + epsilon);
    }
  }

  /** Returns the length of a step. */
  public double length() {
    return epsilon * pgd.relativeStep();
  }
}
