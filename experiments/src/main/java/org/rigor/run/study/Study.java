// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Tree;

/** One YAML file: data, model, training, measurements, sweep, claims and figures. */
@Doc("One study: data, model, training, measurements, sweep, claims and figures.")
public record Study(
    @Doc("Name of the run folder: letters, digits, '.', '_' and '-'.")
        @Label
        @Length(min = 1, max = 100)
        String name,
    @Doc("Heading of the report.") @Label @Default("''") @Length(max = 300) String title,
    @Doc("What the study asks, in a sentence or two.") @Label @Default("''") @Length(max = 2000)
        String question,
    @Doc("Data.") DataSpec data,
    @Doc("Network.") ModelSpec model,
    @Doc("Floating-point type of training and attacks.") @Default("f32") Precision precision,
    @Doc("Training.") TrainingSpec training,
    @Doc("Measurements on each trained network.") @Length(min = 1, max = 100)
        List<MeasurementSpec> measurements,
    @Doc("Which trials are run.") SweepSpec sweep,
    @Doc("Claims; they share alpha = 0.01.") @Default("[]") @Length(max = 100)
        List<ClaimSpec> claims,
    @Doc("Figures of the report.") @Default("[]") @Length(max = 100) List<FigureSpec> figures,
    @Doc("Values that --smoke puts in place of those above, by key path.")
        @Label
        @Default("{}")
        @Length(max = 100)
        Map<String, Tree> smoke) {

  public Study {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "name: must be letters, digits, '.', '_' and '-', got '" + name + "'");
    }
    for (ClaimSpec claim : claims) {
      method(training, claim, claim.of());
      if (claim instanceof ClaimSpec.Difference d) {
        method(training, claim, d.minus());
      }
      measured(measurements, claim);
      if (claims.stream().filter(c -> c.id().equals(claim.id())).count() > 1) {
        throw new IllegalArgumentException("claims: two are called '" + claim.id() + "'");
      }
    }
  }

  private static void method(TrainingSpec training, ClaimSpec claim, String name) {
    List<String> names = training.methods().stream().map(MethodSpec::name).toList();
    if (!names.contains(name)) {
      throw new IllegalArgumentException(
          "claims: claim '%s' names the method '%s'; the study has %s"
              .formatted(claim.id(), name, String.join(", ", names)));
    }
  }

  private static void measured(List<MeasurementSpec> measurements, ClaimSpec claim) {
    boolean found =
        switch (claim.metric()) {
          case CLEAN_ACCURACY -> true;
          case ATTACKED_ACCURACY ->
              measurements.stream()
                  .anyMatch(
                      m -> m instanceof MeasurementSpec.PgdCurve c && has(c.epsilons(), claim));
          case CERTIFIED_ACCURACY ->
              measurements.stream()
                  .anyMatch(
                      m -> m instanceof MeasurementSpec.Certified c && has(c.epsilons(), claim));
          case LIPSCHITZ_LOWER, LIPSCHITZ_UPPER ->
              measurements.stream().anyMatch(m -> m instanceof MeasurementSpec.Lipschitz);
        };
    if (!found) {
      throw new IllegalArgumentException(
          "claims: claim '%s' is about %s%s, which no measurement gives"
              .formatted(
                  claim.id(),
                  claim.metric().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                  claim.epsilon().map(e -> " at epsilon " + e).orElse("")));
    }
  }

  private static boolean has(List<Double> epsilons, ClaimSpec claim) {
    Optional<Double> e = claim.epsilon();
    return e.isPresent() && epsilons.contains(e.get());
  }
}
