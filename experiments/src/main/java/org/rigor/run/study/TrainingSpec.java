// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Inline;
import org.rigor.run.yaml.Length;

/** Training: the options common to all methods, and the methods. */
@Doc("Training: what all methods share, and the methods.")
public record TrainingSpec(
    @Inline SharedTraining shared,
    @Doc("Methods; each is one arm of the study.") @Length(min = 1, max = 1000)
        List<MethodSpec> methods) {

  public TrainingSpec {
    Optional<String> standardOnly = shared.standardOnly();
    Set<String> names = new HashSet<>();
    for (MethodSpec m : methods) {
      boolean plain =
          m instanceof MethodSpec.Standard && m.awp().isEmpty() && m.weights().isEmpty();
      if (!plain && standardOnly.isPresent()) {
        throw new IllegalArgumentException(
            "'%s' goes with standard training alone, not with the method '%s'"
                .formatted(standardOnly.get(), m.name()));
      }
    }
    for (MethodSpec m : methods) {
      if (!names.add(m.name())) {
        throw new IllegalArgumentException(
            "two methods are named '%s'; give each its own 'name'".formatted(m.name()));
      }
    }
  }
}
