// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Inline;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.Length;

/** Training: the options common to all methods, and the methods. */
@Doc("Training: what all methods share, and the methods.")
public record TrainingSpec(
    @Inline SharedTraining shared,
    @Doc("Methods; each is one arm of the study.") @Length(min = 1, max = 1000)
        List<MethodSpec> methods) {
  /** No training; the numbers that it needs all the same are the least there are. */
  static final String NONE =
      "{epochs: 1, batch-size: 1, optimiser: {type: none}, methods: [{type: none, name: given}]}";

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
    boolean idle = shared.optimiser() instanceof OptimiserSpec.None;
    for (MethodSpec m : methods) {
      if (m instanceof MethodSpec.None != idle) {
        throw new IllegalArgumentException(
            "the optimiser none and the method none go together, got %s and '%s'"
                .formatted(KeySpec.typeOf(shared.optimiser()), m.name()));
      }
      if (!names.add(m.name())) {
        throw new IllegalArgumentException(
            "two methods are named '%s'; give each its own 'name'".formatted(m.name()));
      }
    }
  }

  /** Returns whether nothing is trained. */
  public boolean isNone() {
    return methods.stream().allMatch(m -> m instanceof MethodSpec.None);
  }
}
