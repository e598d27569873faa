// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import org.rigor.tensor.DType;
import org.rigor.threat.Threat;

/**
 * An attack over a whole curve of radii: each sample is attacked at the smallest epsilon first,
 * with all starts, and climbs until it falls. A success counts at every larger epsilon.
 *
 * @param epsilons ascending, each >= 0
 * @param targets wrong classes that the loss goes to, the likeliest first; 1 if it has no targets
 * @param restarts starts, of each target; without a random start more than one would repeat
 * @param slots samples of a model in flight at a time
 * @param dtype of the attack, F32 or F64; successes are confirmed in double in any case
 */
public record CurveAttack(
    Attack attack,
    Threat threat,
    List<Double> epsilons,
    AttackLoss loss,
    int targets,
    int restarts,
    int slots,
    DType dtype) {
  private static final int SLOTS = 64;

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
    if (restarts > 1 && !attack.randomStart()) {
      throw new IllegalArgumentException(
          "attack: " + restarts + " restarts without a random start repeat each other");
    }
    if (targets < 1 || targets > 1 && !loss.targeted()) {
      throw new IllegalArgumentException(
          "attack: targets must be >= 1, and 1 for a loss without any, got "
              + targets
              + " of "
              + loss);
    }
    if (slots < 1) {
      throw new IllegalArgumentException("attack: slots must be >= 1, got " + slots);
    }
    if (dtype != DType.F32 && dtype != DType.F64) {
      throw new IllegalArgumentException("attack: runs in F32 or F64, got " + dtype);
    }
  }

  /** One start, raising the margin in F32. */
  public static CurveAttack of(Attack attack, Threat threat, List<Double> epsilons) {
    return new CurveAttack(attack, threat, epsilons, AttackLoss.MARGIN, 1, 1, SLOTS, DType.F32);
  }

  /** With another loss; a targeted one goes to the likeliest class. */
  public CurveAttack withLoss(AttackLoss other) {
    return new CurveAttack(attack, threat, epsilons, other, 1, restarts, slots, dtype);
  }

  /** With a start, or {@link #restarts}, for each of the likeliest wrong classes. */
  public CurveAttack withTargets(int likeliest) {
    AttackLoss margin = AttackLoss.TARGETED_MARGIN;
    return new CurveAttack(attack, threat, epsilons, margin, likeliest, restarts, slots, dtype);
  }

  public CurveAttack withRestarts(int starts) {
    return new CurveAttack(attack, threat, epsilons, loss, targets, starts, slots, dtype);
  }

  public CurveAttack withSlots(int atOnce) {
    return new CurveAttack(attack, threat, epsilons, loss, targets, restarts, atOnce, dtype);
  }

  public CurveAttack withType(DType type) {
    return new CurveAttack(attack, threat, epsilons, loss, targets, restarts, slots, type);
  }

  /** Starts of a sample at one epsilon: all restarts of a target, then those of the next. */
  public int starts() {
    return restarts * targets;
  }

  /** Returns which of the {@link #targets} a start goes to, from 0. */
  public int target(int start) {
    return start / restarts;
  }

  /** With no more targets than a network of so many classes has wrong ones. */
  CurveAttack fit(int classes) {
    int most = Math.max(1, Math.min(targets, classes - 1));
    return new CurveAttack(attack, threat, epsilons, loss, most, restarts, slots, dtype);
  }

  /** Step calls between two refills: a quarter of a start, so that fallen samples leave early. */
  int stride() {
    return Math.max(1, (attack.steps() + 4) / 4);
  }
}
