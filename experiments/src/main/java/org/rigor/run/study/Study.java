// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Map;
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
    ClaimCheck check = new ClaimCheck(training, measurements, sweep);
    for (ClaimSpec claim : claims) {
      check.require(claim);
      if (claims.stream().filter(c -> c.id().equals(claim.id())).count() > 1) {
        throw new IllegalArgumentException("claims: two are called '" + claim.id() + "'");
      }
    }
    figures.forEach(check::require);
  }

  /** Returns the quantities that claims and figures may name. */
  public Quantities quantities() {
    return Quantities.of(training, measurements);
  }
}
