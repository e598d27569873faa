// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import org.rigor.data.Box;

/**
 * An attack over a whole curve of radii: each sample is attacked at the smallest epsilon first,
 * with all restarts, and climbs until it falls. A success counts at every larger epsilon.
 *
 * @param epsilons ascending, each >= 0
 * @param restarts at least 1; without a random start more than one would repeat the first
 * @param slots samples of a model in flight at a time
 */
public record CurveAttack(
    Pgd pgd, AttackLoss loss, List<Double> epsilons, int restarts, Box box, int slots) {
  public CurveAttack {
    epsilons = List.copyOf(epsilons);
    if (epsilons.isEmpty()) {
      throw new IllegalArgumentException("attack: needs at least one epsilon");
    }
    double last = -1;
    for (double e : epsilons) {
      if (!(e >= 0) || Double.isInfinite(e)) {
        throw new IllegalArgumentException("attack: epsilon must be >= 0 and finite, got " + e);
      }
      if (e <= last) {
        throw new IllegalArgumentException("attack: epsilons must ascend, got " + epsilons);
      }
      last = e;
    }
    if (restarts < 1) {
      throw new IllegalArgumentException("attack: restarts must be >= 1, got " + restarts);
    }
    if (restarts > 1 && !pgd.randomStart()) {
      throw new IllegalArgumentException(
          "attack: " + restarts + " restarts without a random start repeat each other");
    }
    if (slots < 1) {
      throw new IllegalArgumentException("attack: slots must be >= 1, got " + slots);
    }
  }

  /** Step calls between two refills: a quarter of a restart, so that fallen samples leave early. */
  int stride() {
    return Math.max(1, (pgd.steps() + 4) / 4);
  }
}
