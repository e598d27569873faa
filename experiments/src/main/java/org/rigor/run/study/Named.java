// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;
import org.rigor.run.yaml.Tree;
import org.rigor.run.yaml.WrongParts;

/**
 * Checks the names that one claim or figure gives against what its study provides. Each check
 * reports at the key that gave the name.
 */
public final class Named {
  private final Provided study;
  private final List<WrongParts.Part> problems;
  private final String path;
  private final String where;

  /**
   * @param problems to which each problem is added
   * @param path of the claim or figure in the study
   * @param where it is, as messages begin
   */
  Named(Provided study, List<WrongParts.Part> problems, String path, String where) {
    this.study = study;
    this.problems = problems;
    this.path = path;
    this.where = where;
  }

  /** Runs one check and reports its exception as a problem of a key. */
  private void at(String key, Runnable check) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      problems.add(new WrongParts.Part(path + "." + key, e.getMessage()));
    }
  }

  private void each(String key, List<String> names, Consumer<String> check) {
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      at(key + "[" + i + "]", () -> check.accept(name));
    }
  }

  /** Requires a method of the study. */
  void method(String key, String name) {
    at(key, () -> method(name));
  }

  /** Requires methods of the study. */
  void methods(String key, List<String> names) {
    each(key, names, this::method);
  }

  private void method(String name) {
    if (!study.methods().contains(name)) {
      throw new IllegalArgumentException(
          "%s names the method '%s'%s; the study has %s"
              .formatted(
                  where,
                  name,
                  Names.hint(name, study.methods()),
                  String.join(", ", study.methods())));
    }
  }

  /** Requires that the grid has these values. */
  void at(String key, Map<String, Tree> at) {
    at(
        key,
        () ->
            at.forEach(
                (path, value) -> {
                  List<String> values = study.values(where + ": '" + key + "'", path);
                  String text = Settings.show(value);
                  if (values.stream().noneMatch(v -> Settings.same(v, text))) {
                    throw new IllegalArgumentException(
                        "%s: '%s' asks for %s = %s, the grid has %s"
                            .formatted(where, key, path, text, String.join(", ", values)));
                  }
                }));
  }

  /** Requires a grid. */
  void grid() {
    if (study.grid().isEmpty()) {
      String message = where + ": needs a grid whose keys vary the networks";
      problems.add(new WrongParts.Part(path, message));
    }
  }

  /** Requires a grid key with at least {@code least} different numbers, which 'at' leaves free. */
  void along(String grid, Map<String, Tree> at, int least) {
    at("along", () -> requireNumbers(grid, at, least));
  }

  private void requireNumbers(String grid, Map<String, Tree> at, int least) {
    List<String> values = study.values(where + ": 'along'", grid);
    if (at.containsKey(grid)) {
      throw new IllegalArgumentException(
          "%s goes along '%s' and cannot fix it by 'at'".formatted(where, grid));
    }
    for (String v : values) {
      if (Settings.number(v).isEmpty()) {
        throw new IllegalArgumentException(
            "%s: 'along' needs numbers, the grid key '%s' has %s".formatted(where, grid, v));
      }
    }
    if (values.stream().mapToDouble(v -> Settings.number(v).orElseThrow()).distinct().count()
        < least) {
      throw new IllegalArgumentException(
          "%s: 'along' needs at least %d different values, the grid key '%s' has %s"
              .formatted(where, least, grid, String.join(", ", values)));
    }
  }

  /** Requires a quantity, a number or a curve. */
  void quantity(String key, String name) {
    at(key, () -> study.quantities().require(name, where));
  }

  /** Returns whether a quantity is a curve; false if the study does not give it. */
  boolean isCurve(String name) {
    return study.quantities().find(name).map(Quantity::overEpsilon).orElse(false);
  }

  /** Requires quantities that are numbers. */
  void plain(String key, List<String> names) {
    each(key, names, this::plain);
  }

  /** Requires a quantity that is a number. */
  void plain(String key, String name) {
    at(key, () -> plain(name));
  }

  private void plain(String name) {
    if (study.quantities().require(name, where).overEpsilon()) {
      throw new IllegalArgumentException(
          "%s: '%s' is a curve; name it at an epsilon, %s"
              .formatted(where, name, Quantities.at(name, 0.1)));
    }
  }

  /** Requires quantities that are measured at several numbers. */
  void families(String key, List<String> names) {
    each(key, names, m -> study.quantities().requireFamily(m, where));
  }

  /** Requires histories that the study's probe gives. */
  void histories(String key, List<String> names) {
    each(key, names, this::history);
  }

  private void history(String name) {
    List<String> known = study.histories();
    if (!known.contains(name)) {
      throw new IllegalArgumentException(
          "%s names the history '%s', which no probe gives%s; there are %s"
              .formatted(
                  where,
                  name,
                  Names.hint(name, known),
                  known.isEmpty()
                      ? "none: set training.probe"
                      : known.stream().map(Quantities::written).collect(Collectors.joining(", "))));
    }
  }

  /**
   * Requires a quantity that is measured at its epsilon, as a mean over images where the claim is
   * about those.
   *
   * @param epsilon of a curve, empty for other numbers
   * @param epsilonKey the key that gives it
   */
  void metric(
      String key, String name, Optional<Double> epsilon, String epsilonKey, ClaimSpec.Error error) {
    at(
        key,
        () -> {
          Quantity q = requireMeasured(name, epsilon, epsilonKey);
          if (error == ClaimSpec.Error.IMAGES && !q.perSample()) {
            throw new IllegalArgumentException(
                where + ": 'error: images' needs a metric that is a mean over images");
          }
        });
  }

  private Quantity requireMeasured(String name, Optional<Double> epsilon, String key) {
    Quantities quantities = study.quantities();
    Quantity q = quantities.require(name, where);
    if (q.overEpsilon() != epsilon.isPresent()) {
      throw new IllegalArgumentException(
          q.overEpsilon()
              ? "%s: missing key '%s': the metric depends on it".formatted(where, key)
              : "%s: key '%s' has no meaning for this metric".formatted(where, key));
    }
    if (q.overEpsilon() && !quantities.measured(name, epsilon.get())) {
      throw new IllegalArgumentException(
          "%s is about %s at epsilon %s, which no measurement gives"
              .formatted(where, name, Numbers.brief(epsilon.get())));
    }
    Optional<Quantities.At> one = Quantities.At.of(name);
    String curve = one.map(Quantities.At::curve).orElse(name);
    Optional<Double> read = one.map(Quantities.At::epsilon).or(() -> epsilon);
    if (read.isPresent() && quantities.ambiguous(curve, read.get())) {
      throw new IllegalArgumentException(
          "%s is about %s at epsilon %s, which several measurements give; make two studies of it"
              .formatted(where, curve, Numbers.brief(read.get())));
    }
    return q;
  }
}
