// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Optional;
import org.rigor.attack.Attack;
import org.rigor.attack.AttackLoss;
import org.rigor.attack.Attacks;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.OneOf;
import org.rigor.threat.Norm;

/** The names of all attacks of the engine, for curves over epsilon. */
public final class CurveAttackNames implements OneOf.Source {
  @Override
  public List<String> names() {
    return Attacks.names();
  }

  @Override
  public Class<?> code(String name) {
    return Attacks.maker(name).getClass();
  }

  /**
   * Requires that an attack takes a norm and a loss.
   *
   * @throws IllegalArgumentException if it does not
   */
  static void require(Optional<String> given, Norm norm, Optional<AttackLoss> loss) {
    String name = AttackNames.name(given);
    if (!Attacks.names().contains(name)) {
      return; // the key says so
    }
    Attack attack = Attacks.some(name);
    if (!attack.takes(norm)) {
      throw new IllegalArgumentException(
          "attack %s does not take norm %s".formatted(name, Names.kebab(norm.name())));
    }
    if (attack.needsMargin() && !loss.map(AttackLoss::isMargin).orElse(false)) {
      throw new IllegalArgumentException(
          "attack %s needs loss: margin or targeted-margin".formatted(name));
    }
  }
}
