// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Optional;
import org.rigor.attack.AttackSuite;
import org.rigor.attack.AttackSuites;
import org.rigor.data.Box;
import org.rigor.run.yaml.OneOf;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;
import org.rigor.threat.Threat;

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

  /** Returns the names of a suite's attacks. */
  static List<String> members(String suite, Norm norm) {
    AttackSuites.Goal any =
        new AttackSuites.Goal(
            new Threat(norm, Box.UNIT), List.of(0.1), DType.F32, Optional.empty());
    return AttackSuites.of(suite, any).members().stream().map(AttackSuite.Member::name).toList();
  }

  /**
   * Returns the suite that a study names.
   *
   * @param sample images of a study are [H, W, C]
   */
  public static AttackSuite of(
      String suite, Threat threat, double epsilon, DType dtype, Shape sample) {
    return AttackSuites.of(
        suite, new AttackSuites.Goal(threat, List.of(epsilon), dtype, AttackNames.layout(sample)));
  }
}
