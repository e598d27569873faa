// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.plugin;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.rigor.attack.Attack;
import org.rigor.attack.Attacks;
import org.rigor.run.study.PluginMeasurement;
import org.rigor.run.theory.Law;

/**
 * The additions of a jar to studies and commands, found by {@link java.util.ServiceLoader}. Its
 * records carry a {@link org.rigor.run.yaml.TypeName} that begins with the namespace and a colon,
 * for example {@code mine:my-law}, so that plugins cannot clash. Options are components of the
 * record, as in Rigor itself.
 */
public interface Plugin {

  /** Returns the part before the colon of every type: letters, digits and '-'. */
  String namespace();

  /** Returns laws: public records. */
  default List<Class<? extends Law>> laws() {
    return List.of();
  }

  /** Returns attacks, by names that begin with the namespace and a colon. */
  default Map<String, Function<Attacks.Settings, Attack>> attacks() {
    return Map.of();
  }

  /** Returns measurements on trained networks: public records. */
  default List<Class<? extends PluginMeasurement>> measurements() {
    return List.of();
  }
}
