// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.rigor.attack.Attack;
import org.rigor.attack.Attacks;
import org.rigor.attack.ImageLayout;
import org.rigor.run.yaml.OneOf;
import org.rigor.tensor.Shape;

/** The names of the engine's attacks, for keys of a study. */
public final class AttackNames implements OneOf.Source {
  /** The {@code @Doc} of every such key. */
  static final String DOC =
      "Attack, by the name that 'rigor attack --attack' takes; pgd if left out. It ignores settings"
          + " that it does not have, as fgsm does steps, their length and restarts.";

  /** The attack of a study that names none. */
  private static final String USUAL = "pgd";

  @Override
  public List<String> names() {
    return Attacks.namesForAnyLoss();
  }

  @Override
  public Class<?> code(String name) {
    return Attacks.maker(name).getClass();
  }

  /** Returns the name in effect. */
  public static String name(Optional<String> given) {
    return given.orElse(USUAL);
  }

  /** Returns the attack that a study names, where none asks for the shape of samples. */
  public static Attack of(Optional<String> given, int steps, double relativeStep) {
    return Attacks.of(name(given), new Attacks.Settings(steps, OptionalDouble.of(relativeStep)));
  }

  /**
   * Returns the attack that a study names.
   *
   * @param sample images of a study are [H, W, C], unlike those of other programs
   */
  public static Attack of(Optional<String> given, int steps, double relativeStep, Shape sample) {
    return Attacks.of(
        name(given), new Attacks.Settings(steps, OptionalDouble.of(relativeStep), layout(sample)));
  }

  /** Returns how samples are images, where they are. */
  static Optional<ImageLayout> layout(Shape sample) {
    return sample.rank() == 3
        ? Optional.of(new ImageLayout(sample.dim(0), sample.dim(1), sample.dim(2), false))
        : Optional.empty();
  }
}
