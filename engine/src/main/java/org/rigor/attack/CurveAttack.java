// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.rigor.tensor.DType;
import org.rigor.threat.Distance;
import org.rigor.threat.Threat;

/**
 * An attack over a whole curve of radii: each sample is attacked with all starts at the smallest
 * epsilon first, then at larger ones until it falls. A success counts at every larger epsilon.
 *
 * @param epsilons ascending, each >= 0
 * @param targets number of wrong classes targeted; 1 for untargeted losses
 * @param restarts starts per target; without random starts, more than one would repeat the first
 * @param slots samples of a model in flight at once; of a single model, those of each thread if
 *     memory allows
 * @param dtype of the attack, F32 or F64; successes are confirmed in double in any case
 * @param climbs whether a sample that survives an epsilon is attacked at the next
 * @param rule which classes are targeted first
 */
public record CurveAttack(
    Attack attack,
    Threat threat,
    List<Double> epsilons,
    AttackLoss loss,
    int targets,
    int restarts,
    int slots,
    DType dtype,
    boolean climbs,
    TargetRule rule) {
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
    if (!attack.takes(threat.norm())) {
      throw new IllegalArgumentException(
          "attack: takes the distances %s, got %s"
              .formatted(Distance.all().stream().filter(attack::takes).toList(), threat.norm()));
    }
    attack = attack.in(threat.norm());
    if (attack.needsMargin() && !loss.isMargin()) {
      throw new IllegalArgumentException("attack: needs a margin as its loss, got " + loss);
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

  /** Returns an attack with one start that maximises the margin in F32. */
  public static CurveAttack of(Attack attack, Threat threat, List<Double> epsilons) {
    return new CurveAttack(
        attack,
        threat,
        epsilons,
        AttackLoss.MARGIN,
        1,
        1,
        SLOTS,
        DType.F32,
        true,
        TargetRule.LIKELIEST);
  }

  /** Returns this attack with another loss; a targeted loss targets the likeliest class. */
  public CurveAttack withLoss(AttackLoss other) {
    return new CurveAttack(
        attack, threat, epsilons, other, 1, restarts, slots, dtype, climbs, rule);
  }

  /**
   * Returns this attack with {@link #restarts} for each of the likeliest wrong classes; a loss
   * without targets becomes the targeted margin.
   */
  public CurveAttack withTargets(int likeliest) {
    AttackLoss own = loss.targeted() ? loss : AttackLoss.TARGETED_MARGIN;
    return new CurveAttack(
        attack, threat, epsilons, own, likeliest, restarts, slots, dtype, climbs, rule);
  }

  public CurveAttack withRestarts(int starts) {
    return new CurveAttack(
        attack, threat, epsilons, loss, targets, starts, slots, dtype, climbs, rule);
  }

  public CurveAttack withSlots(int atOnce) {
    return new CurveAttack(
        attack, threat, epsilons, loss, targets, restarts, atOnce, dtype, climbs, rule);
  }

  public CurveAttack withType(DType type) {
    return new CurveAttack(
        attack, threat, epsilons, loss, targets, restarts, slots, type, climbs, rule);
  }

  /** Returns this attack with another choice of target classes. */
  public CurveAttack withRule(TargetRule first) {
    return new CurveAttack(
        attack, threat, epsilons, loss, targets, restarts, slots, dtype, climbs, first);
  }

  /** Returns this attack with each sample attacked at one epsilon alone. */
  CurveAttack alone() {
    return new CurveAttack(
        attack, threat, epsilons, loss, targets, restarts, slots, dtype, false, rule);
  }

  /**
   * Returns the starts of a sample at one epsilon: all restarts of a target, then the next target.
   */
  public int starts() {
    return restarts * targets;
  }

  /** Returns which of the {@link #targets} a start aims at, from 0. */
  public int target(int start) {
    return start / restarts;
  }

  /** Limits the targets to the wrong classes of a network with {@code classes} classes. */
  CurveAttack fit(int classes) {
    int most = Math.max(1, Math.min(targets, classes - 1));
    return new CurveAttack(
        attack, threat, epsilons, loss, most, restarts, slots, dtype, climbs, rule);
  }

  /**
   * Returns the steps between two refills where the last only checks: a quarter of a start, so that
   * fallen samples leave early.
   */
  int stride() {
    return Math.max(1, (attack.steps() + 4) / 4);
  }

  /** Returns the most refills that a sample waits for: that of one that survives every start. */
  int turns() {
    int steps = attack.steps();
    int turns = Math.max(ceil(steps + 1, stride()), ceil(steps, moves()));
    return (int)
        Math.min(Integer.MAX_VALUE, (long) turns * starts() * (climbs ? epsilons.size() : 1));
  }

  private static int ceil(int n, int d) {
    return (n + d - 1) / d;
  }

  /**
   * Returns the steps between two refills where a check of its own follows them, half a step: about
   * a quarter of a start, so that the steps and checks of a start cost least.
   */
  int moves() {
    int steps = attack.steps();
    return IntStream.rangeClosed(Math.max(1, steps / 6), Math.max(1, (steps + 2) / 3))
        .boxed()
        .min(Comparator.comparingInt((Integer m) -> (steps + m - 1) / m * (2 * m + 1)))
        .orElseThrow();
  }
}
