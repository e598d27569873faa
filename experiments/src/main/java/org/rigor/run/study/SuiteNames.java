// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import org.rigor.attack.AttackSuites;
import org.rigor.run.yaml.OneOf;

/** The names of the engine's suites of attacks, for keys of a study. */
public final class SuiteNames implements OneOf.Source {
  @Override
  public List<String> names() {
    return AttackSuites.names();
  }

  @Override
  public Class<?> code(String name) {
    return AttackSuites.class;
  }
}
