// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.run.yaml.Default;
import org.rigor.run.yaml.Doc;
import org.rigor.run.yaml.Label;
import org.rigor.run.yaml.Length;
import org.rigor.run.yaml.Tree;
import org.rigor.run.yaml.WrongParts;

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
    @Doc("Training; left out for networks from files.") @Default(TrainingSpec.NONE)
        TrainingSpec training,
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
    List<WrongParts.Part> wrong = new ArrayList<>(named(name));
    wrong.addAll(trained(model, training));
    wrong.addAll(ClaimCheck.problems(training, measurements, sweep, claims, figures));
    if (!wrong.isEmpty()) {
      throw new WrongParts(wrong);
    }
  }

  /**
   * Returns the problems of the name, claims and figures of a study whose other parts may have
   * problems too.
   *
   * @param parts the parts that were bound, by key
   */
  static List<WrongParts.Part> problems(Map<String, Object> parts) {
    List<WrongParts.Part> wrong = new ArrayList<>();
    if (parts.get("name") instanceof String name) {
      wrong.addAll(named(name));
    }
    List<MeasurementSpec> measurements = list(parts, "measurements", MeasurementSpec.class);
    if (!(parts.get("training") instanceof TrainingSpec training)
        || !(parts.get("sweep") instanceof SweepSpec sweep)
        || measurements.isEmpty()
        || measurements.contains(null)) {
      return wrong; // claims cannot be checked without training and measurements
    }
    wrong.addAll(
        ClaimCheck.problems(
            training,
            measurements,
            sweep,
            list(parts, "claims", ClaimSpec.class),
            list(parts, "figures", FigureSpec.class)));
    return wrong;
  }

  private static List<WrongParts.Part> named(String name) {
    return name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")
        ? List.of()
        : List.of(
            new WrongParts.Part(
                "name", "name: must be letters, digits, '.', '_' and '-', got '" + name + "'"));
  }

  /** Requires training for networks that a study makes, and none for those from files. */
  private static List<WrongParts.Part> trained(ModelSpec model, TrainingSpec training) {
    boolean files = model instanceof ModelSpec.Files;
    if (files && !training.isNone()) {
      return List.of(
          new WrongParts.Part(
              "training", "training: networks from files are not trained here; leave it out"));
    }
    return files || !training.isNone()
        ? List.of()
        : List.of(
            new WrongParts.Part(
                "training", "training: is missing; only networks from files go without it"));
  }

  private static <T> List<T> list(Map<String, Object> parts, String key, Class<T> type) {
    List<T> out = new ArrayList<>();
    if (parts.get(key) instanceof List<?> all) {
      all.forEach(e -> out.add(type.cast(e)));
    }
    return out;
  }

  /** Returns the quantities that claims and figures may name. */
  public Quantities quantities() {
    return Quantities.of(training, measurements);
  }
}
