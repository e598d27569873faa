// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.util.Optional;
import java.util.OptionalDouble;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.Attacks;
import org.rigor.attack.ImageLayout;
import org.rigor.attack.TargetRule;
import org.rigor.tensor.DType;

/**
 * The settings of an attack.
 *
 * @param attack a name of {@code Attacks}; or of {@code AttackSuites}, which set all but seed, type
 *     and layout
 * @param targets number of wrong classes that a targeted loss aims at, the likeliest first
 * @param relativeStep step in radii; if empty, derived from the number of steps
 * @param restarts number of starts per target
 * @param dtype F32 or F64; if empty F32, and F64 where F32 does not suffice
 * @param layout of images that the network takes as rows of pixels
 * @param rule which classes a targeted loss aims at first
 */
public record AttackSettings(
    String attack,
    AttackLoss loss,
    int targets,
    int steps,
    OptionalDouble relativeStep,
    int restarts,
    long seed,
    Optional<DType> dtype,
    Optional<ImageLayout> layout,
    TargetRule rule) {
  /** Aims at the likeliest classes, and leaves samples what their shape says they are. */
  public AttackSettings(
      String attack,
      AttackLoss loss,
      int targets,
      int steps,
      OptionalDouble relativeStep,
      int restarts,
      long seed,
      Optional<DType> dtype) {
    this(
        attack,
        loss,
        targets,
        steps,
        relativeStep,
        restarts,
        seed,
        dtype,
        Optional.empty(),
        TargetRule.LIKELIEST);
  }

  /** Returns the loss of an attack: the margin, without targets, if it asks for decisions alone. */
  public AttackLoss loss(Attack raised) {
    return raised.decides() ? AttackLoss.MARGIN : loss;
  }

  /** Returns what makes the attack by its name. */
  public Attacks.Settings forAttack() {
    return new Attacks.Settings(steps, relativeStep, layout);
  }

  /** Returns these settings with twice the steps. */
  public AttackSettings longer() {
    return new AttackSettings(
        attack, loss, targets, 2 * steps, relativeStep, restarts, seed, dtype, layout, rule);
  }

  /**
   * Returns PGD on the margins to the likeliest classes, which comes before proofs: its many random
   * starts find, too, where logits are no numbers.
   */
  public static AttackSettings defaults() {
    return new AttackSettings(
        "pgd", AttackLoss.TARGETED_MARGIN, 9, 40, OptionalDouble.empty(), 5, 0, Optional.empty());
  }
}
