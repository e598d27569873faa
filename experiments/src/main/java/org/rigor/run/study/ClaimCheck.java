// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.rigor.run.ByType;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Numbers;
import org.rigor.run.yaml.Tree;
import org.rigor.run.yaml.WrongParts;

/** Checks before a run that a study provides what its claims and figures name. */
final class ClaimCheck {
  private final List<String> methods;
  private final Optional<ProbeSpec> probe;
  private final Map<String, List<Tree>> grid;
  private final Quantities quantities;
  private final List<WrongParts.Part> problems = new ArrayList<>();

  /** Checks what is specific to one kind of claim or figure. */
  private interface Check {
    void run(String path, String where);
  }

  private static final Check NOTHING_MORE = (path, where) -> {};

  private final ByType<ClaimSpec, Check> claimChecks =
      ByType.<ClaimSpec, Check>of(ClaimSpec.class)
          .put(ClaimSpec.Difference.class, d -> (p, where) -> difference(p, where, d))
          .put(ClaimSpec.Level.class, l -> NOTHING_MORE)
          .put(
              ClaimSpec.Trend.class,
              t -> (p, where) -> at(p + ".along", () -> along(where, t.along(), t.at(), 2)))
          .put(ClaimSpec.InteriorPeak.class, c -> (p, where) -> peak(p, where, c))
          .put(ClaimSpec.Coexistence.class, c -> (p, where) -> coexistence(p, where, c))
          .complete();

  private final ByType<FigureSpec, Check> figureChecks =
      ByType.<FigureSpec, Check>of(FigureSpec.class)
          .put(FigureSpec.Line.class, f -> (p, where) -> line(p, where, f))
          .put(FigureSpec.Scatter.class, f -> (p, where) -> scatter(p, where, f))
          .put(FigureSpec.Family.class, f -> (p, where) -> family(p, where, f))
          .put(FigureSpec.Variance.class, f -> (p, where) -> variance(p, where, f))
          .put(FigureSpec.Evolution.class, f -> (p, where) -> evolution(p, where, f))
          .put(FigureSpec.Bracket.class, f -> NOTHING_MORE)
          .put(FigureSpec.LipschitzBracket.class, f -> NOTHING_MORE)
          .put(FigureSpec.FirstToFall.class, f -> NOTHING_MORE)
          .put(FigureSpec.History.class, f -> NOTHING_MORE)
          .complete();

  private ClaimCheck(TrainingSpec training, Quantities quantities, SweepSpec sweep) {
    this.methods = training.methods().stream().map(MethodSpec::name).toList();
    this.probe = training.shared().probe();
    this.grid = sweep.grid();
    this.quantities = quantities;
  }

  /**
   * Returns the problems of claims and figures; each says what was named and what exists.
   *
   * @param claims null in place of those that failed to bind
   * @param figures null in place of those that failed to bind
   */
  static List<WrongParts.Part> problems(
      TrainingSpec training,
      List<MeasurementSpec> measurements,
      SweepSpec sweep,
      List<ClaimSpec> claims,
      List<FigureSpec> figures) {
    Quantities quantities;
    try {
      quantities = Quantities.of(training, measurements);
    } catch (IllegalArgumentException e) {
      return List.of(new WrongParts.Part("measurements", e.getMessage()));
    }
    ClaimCheck check = new ClaimCheck(training, quantities, sweep);
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < claims.size(); i++) {
      ClaimSpec claim = claims.get(i);
      if (claim != null) {
        check.claim("claims[" + i + "]", claim);
        if (!ids.add(claim.id())) {
          String message = "claims: two are called '" + claim.id() + "'";
          check.problems.add(new WrongParts.Part("claims[" + i + "].id", message));
        }
      }
    }
    for (int i = 0; i < figures.size(); i++) {
      if (figures.get(i) != null) {
        check.figure("figures[" + i + "]", figures.get(i));
      }
    }
    return check.problems;
  }

  /** Runs one check and reports its exception as a problem of the part at the path. */
  private void at(String path, Runnable check) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      problems.add(new WrongParts.Part(path, e.getMessage()));
    }
  }

  private void claim(String path, ClaimSpec claim) {
    String where = "claims: claim '%s'".formatted(claim.id());
    at(path + ".of", () -> method(where, claim.of()));
    at(path + ".at", () -> at(where, "at", claim.at()));
    at(
        path + ".metric",
        () -> {
          Quantity q = metric(where, claim.metric(), claim.epsilon(), "epsilon");
          if (claim.error() == ClaimSpec.Error.IMAGES) {
            perImage(where, q);
          }
        });
    claimChecks.apply(claim).run(path, where);
  }

  private void peak(String path, String where, ClaimSpec.InteriorPeak p) {
    at(path + ".along", () -> along(where, p.along(), p.at(), 3));
    at(path + ".flag", () -> p.flag().ifPresent(f -> quantities.require(f, where)));
  }

  private void coexistence(String path, String where, ClaimSpec.Coexistence c) {
    at(
        path + ".close",
        () -> perImage(where, metric(where, c.close(), c.closeEpsilon(), "close-epsilon")));
  }

  private void figure(String path, FigureSpec figure) {
    String where = "figures: " + KeySpec.typeName(figure.getClass());
    figureChecks.apply(figure).run(path, where);
  }

  private void line(String path, String where, FigureSpec.Line f) {
    methods(path, where, f.methods());
    at(path + ".at", () -> at(where, "at", f.at()));
    at(path + ".along", () -> along(where, f.along(), f.at(), 2));
    each(path + ".metrics", f.metrics(), m -> plain(where, m));
    at(path + ".theory", () -> f.theory().ifPresent(m -> plain(where, m)));
  }

  private void scatter(String path, String where, FigureSpec.Scatter f) {
    methods(path, where, f.methods());
    at(path + ".at", () -> at(where, "at", f.at()));
    at(path + ".x", () -> plain(where, f.x()));
    at(path + ".y", () -> plain(where, f.y()));
  }

  private void family(String path, String where, FigureSpec.Family f) {
    methods(path, where, f.methods());
    at(path + ".at", () -> at(where, "at", f.at()));
    each(path + ".metrics", f.metrics(), m -> quantities.requireFamily(m, where));
  }

  private void variance(String path, String where, FigureSpec.Variance f) {
    methods(path, where, f.methods());
    each(path + ".metrics", f.metrics(), m -> plain(where, m));
    if (grid.isEmpty()) {
      String message = where + ": needs a grid whose keys vary the networks";
      problems.add(new WrongParts.Part(path, message));
    }
  }

  private void evolution(String path, String where, FigureSpec.Evolution f) {
    methods(path, where, f.methods());
    at(path + ".at", () -> at(where, "at", f.at()));
    each(path + ".metrics", f.metrics(), m -> history(where, m));
  }

  private void methods(String path, String where, List<String> names) {
    each(path + ".methods", names, m -> method(where, m));
  }

  private void each(String path, List<String> names, Consumer<String> check) {
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      at(path + "[" + i + "]", () -> check.accept(name));
    }
  }

  private void plain(String where, String name) {
    if (quantities.require(name, where).overEpsilon()) {
      throw new IllegalArgumentException(
          "%s: '%s' is a curve; name it at an epsilon, %s"
              .formatted(where, name, Quantities.at(name, 0.1)));
    }
  }

  private void history(String where, String name) {
    List<String> known = new ArrayList<>();
    for (ProbeSpec.Split split : probe.map(ProbeSpec::splits).orElse(List.<ProbeSpec.Split>of())) {
      Quantities.histories(probe.orElseThrow())
          .forEach(q -> known.add(Quantities.history(split, q.name())));
    }
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

  private void difference(String path, String where, ClaimSpec.Difference d) {
    at(path + ".minus", () -> d.minus().ifPresent(m -> method(where, m)));
    at(path + ".minus-at", () -> at(where, "minus-at", d.minusAt()));
    if (d.minusMetric().isPresent()) {
      at(
          path + ".minus-metric",
          () -> {
            String other = d.minusMetric().get();
            boolean curve = quantities.require(other, where).overEpsilon();
            Optional<Double> epsilon =
                d.minusEpsilon().isEmpty() && curve ? d.epsilon() : d.minusEpsilon();
            Quantity q = metric(where, other, epsilon, "minus-epsilon");
            if (d.error() == ClaimSpec.Error.IMAGES) {
              perImage(where, q);
            }
          });
    } else if (d.minusEpsilon().isPresent()) {
      at(
          path + ".minus-epsilon",
          () -> metric(where, d.metric(), d.minusEpsilon(), "minus-epsilon"));
    }
  }

  private static void perImage(String where, Quantity q) {
    if (!q.perSample()) {
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

  /** Returns a quantity that the study gives, after checking that its epsilon is measured. */
  private Quantity metric(String where, String name, Optional<Double> epsilon, String key) {
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

  private void at(String where, String key, Map<String, Tree> at) {
    at.forEach(
        (path, value) -> {
          List<String> values = values(where + ": '" + key + "'", path);
          String text = Settings.show(value);
          if (values.stream().noneMatch(v -> Settings.same(v, text))) {
            throw new IllegalArgumentException(
                "%s: '%s' asks for %s = %s, the grid has %s"
                    .formatted(where, key, path, text, String.join(", ", values)));
          }
        });
  }

  private List<String> values(String where, String path) {
    List<Tree> values = grid.get(path);
    if (values == null) {
      throw new IllegalArgumentException(
          "%s names the grid key '%s'%s; the grid has %s"
              .formatted(
                  where,
                  path,
                  Names.hint(path, grid.keySet()),
                  grid.isEmpty() ? "none" : String.join(", ", grid.keySet())));
    }
    return values.stream().map(Settings::show).toList();
  }

  /** Requires a grid key with at least {@code least} numeric values. */
  private void along(String where, String path, Map<String, Tree> at, int least) {
    List<String> values = values(where + ": 'along'", path);
    if (at.containsKey(path)) {
      throw new IllegalArgumentException(
          "%s goes along '%s' and cannot fix it by 'at'".formatted(where, path));
    }
    for (String v : values) {
      if (Settings.number(v).isEmpty()) {
        throw new IllegalArgumentException(
            "%s: 'along' needs numbers, the grid key '%s' has %s".formatted(where, path, v));
      }
    }
    if (values.stream().mapToDouble(v -> Settings.number(v).orElseThrow()).distinct().count()
        < least) {
      throw new IllegalArgumentException(
          "%s: 'along' needs at least %d different values, the grid key '%s' has %s"
              .formatted(where, least, path, String.join(", ", values)));
    }
  }
}
