// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;

/** Attacks within a radius, by the names that commands and studies use. */
public final class Attacks {
  private static final Map<String, Function<Settings, Attack>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("pgd", s -> new Pgd(s.steps(), s.step(), true));
    ALL.put("fgsm", s -> Pgd.fgsm());
  }

  private Attacks() {}

  /**
   * User settings of an attack; attacks without a setting ignore it.
   *
   * @param relativeStep length of a step in radii; if empty, all steps together span {@link
   *     Pgd#REACH}
   */
  public record Settings(int steps, OptionalDouble relativeStep) {
    private double step() {
      return relativeStep.orElse(Pgd.REACH / steps);
    }
  }

  /** Returns all names. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * Returns an attack by name.
   *
   * @throws IllegalArgumentException if there is none, or a setting is out of range
   */
  public static Attack of(String name, Settings settings) {
    Function<Settings, Attack> make = ALL.get(name);
    if (make == null) {
      throw new IllegalArgumentException(
          "attack: expected one of %s, got '%s'".formatted(String.join(", ", ALL.keySet()), name));
    }
    return make.apply(settings);
  }
}
