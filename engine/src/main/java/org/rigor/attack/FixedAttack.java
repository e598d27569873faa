// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import org.rigor.threat.Threat;

/**
 * An attack at one radius in which every sample takes all steps, even if fooled early.
 *
 * @param epsilon radius, at least 0
 */
public record FixedAttack(Attack attack, Threat threat, double epsilon) {
  public FixedAttack {
    if (!(epsilon >= 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException("attack: epsilon must be >= 0 and finite, got " + epsilon);
    }
    attack = attack.in(threat.norm());
  }

  /** Returns the length of a step; 0 if the attack sets its own steps. */
  public double length() {
    return epsilon * attack.stepShare().orElse(0);
  }
}
