// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Optional;
import org.rigor.run.yaml.Names;

/** Finds out whether a study gives what its claims are about, before anything runs. */
final class ClaimCheck {
  private final List<String> methods;
  private final List<MeasurementSpec> measurements;
  private final Quantities quantities;

  /**
   * @throws IllegalArgumentException if the measurements do not go together
   */
  ClaimCheck(TrainingSpec training, List<MeasurementSpec> measurements) {
    this.methods = training.methods().stream().map(MethodSpec::name).toList();
    this.measurements = measurements;
    this.quantities = Quantities.of(training, measurements);
  }

  /**
   * @throws IllegalArgumentException that says what the claim names and what there is
   */
  void require(ClaimSpec claim) {
    String where = "claims: claim '%s'".formatted(claim.id());
    method(where, claim.of());
    if (claim instanceof ClaimSpec.Difference d) {
      method(where, d.minus());
    }
    Quantity q = metric(where, claim.metric(), claim.epsilon(), "epsilon");
    if (claim.error() == ClaimSpec.Error.IMAGES && !q.perSample()) {
      throw new IllegalArgumentException(
          where + ": 'error: images' needs a metric that is a mean over images");
    }
  }

  private void method(String where, String name) {
    if (!methods.contains(name)) {
      throw new IllegalArgumentException(
          "%s names the method '%s'%s; the study has %s"
              .formatted(where, name, Names.hint(name, methods), String.join(", ", methods)));
    }
  }

  private Quantity metric(String where, String name, Optional<Double> epsilon, String key) {
    Quantity q = quantities.require(name, where);
    if (q.overEpsilon() != epsilon.isPresent()) {
      throw new IllegalArgumentException(
          q.overEpsilon()
              ? "%s: missing key '%s': the metric depends on it".formatted(where, key)
              : "%s: key '%s' has no meaning for this metric".formatted(where, key));
    }
    if (q.overEpsilon() && !measured(name, epsilon.get())) {
      throw new IllegalArgumentException(
          "%s is about %s at epsilon %s, which no measurement gives"
              .formatted(where, name, epsilon.get()));
    }
    return q;
  }

  private boolean measured(String name, double epsilon) {
    return measurements.stream()
        .anyMatch(
            m ->
                m.epsilons().contains(epsilon)
                    && m.gives().stream().anyMatch(q -> q.name().equals(name)));
  }
}
