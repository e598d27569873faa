// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rigor.run.yaml.KeySpec;
import org.rigor.run.yaml.Names;
import org.rigor.run.yaml.Tree;

/** Finds out whether a study gives what its claims and figures name, before anything runs. */
final class ClaimCheck {
  private final List<String> methods;
  private final Optional<ProbeSpec> probe;
  private final Map<String, List<Tree>> grid;
  private final Quantities quantities;

  /**
   * @throws IllegalArgumentException if the measurements do not go together
   */
  ClaimCheck(TrainingSpec training, List<MeasurementSpec> measurements, SweepSpec sweep) {
    this.methods = training.methods().stream().map(MethodSpec::name).toList();
    this.probe = training.shared().probe();
    this.grid = sweep.grid();
    this.quantities = Quantities.of(training, measurements);
  }

  /**
   * @throws IllegalArgumentException that says what the claim names and what there is
   */
  void require(ClaimSpec claim) {
    String where = "claims: claim '%s'".formatted(claim.id());
    method(where, claim.of());
    at(where, "at", claim.at());
    Quantity q = metric(where, claim.metric(), claim.epsilon(), "epsilon");
    if (claim.error() == ClaimSpec.Error.IMAGES) {
      perImage(where, q);
    }
    if (claim instanceof ClaimSpec.Difference d) {
      difference(where, d);
    } else if (claim instanceof ClaimSpec.Trend t) {
      along(where, t.along(), t.at(), 2);
    } else if (claim instanceof ClaimSpec.InteriorPeak p) {
      along(where, p.along(), p.at(), 3);
      p.flag().ifPresent(f -> quantities.require(f, where));
    } else if (claim instanceof ClaimSpec.Coexistence c) {
      perImage(where, metric(where, c.close(), c.closeEpsilon(), "close-epsilon"));
    }
  }

  /**
   * @throws IllegalArgumentException that says what the figure names and what there is
   */
  void require(FigureSpec figure) {
    String where = "figures: " + KeySpec.typeName(figure.getClass());
    if (figure instanceof FigureSpec.Line f) {
      f.methods().forEach(m -> method(where, m));
      at(where, "at", f.at());
      along(where, f.along(), f.at(), 2);
      f.metrics().forEach(m -> plain(where, m));
      f.theory().ifPresent(m -> plain(where, m));
    } else if (figure instanceof FigureSpec.Scatter f) {
      f.methods().forEach(m -> method(where, m));
      at(where, "at", f.at());
      plain(where, f.x());
      plain(where, f.y());
    } else if (figure instanceof FigureSpec.Family f) {
      f.methods().forEach(m -> method(where, m));
      at(where, "at", f.at());
      f.metrics().forEach(m -> quantities.requireFamily(m, where));
    } else if (figure instanceof FigureSpec.Variance f) {
      f.methods().forEach(m -> method(where, m));
      f.metrics().forEach(m -> plain(where, m));
      if (grid.isEmpty()) {
        throw new IllegalArgumentException(where + ": needs a grid whose keys vary the networks");
      }
    } else if (figure instanceof FigureSpec.Evolution f) {
      f.methods().forEach(m -> method(where, m));
      at(where, "at", f.at());
      f.metrics().forEach(m -> history(where, m));
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
                  known.isEmpty() ? "none: set training.probe" : String.join(", ", known)));
    }
  }

  private void difference(String where, ClaimSpec.Difference d) {
    d.minus().ifPresent(m -> method(where, m));
    at(where, "minus-at", d.minusAt());
    if (d.minusMetric().isPresent()) {
      String other = d.minusMetric().get();
      boolean curve = quantities.require(other, where).overEpsilon();
      Optional<Double> epsilon =
          d.minusEpsilon().isEmpty() && curve ? d.epsilon() : d.minusEpsilon();
      Quantity q = metric(where, other, epsilon, "minus-epsilon");
      if (d.error() == ClaimSpec.Error.IMAGES) {
        perImage(where, q);
      }
    } else if (d.minusEpsilon().isPresent()) {
      metric(where, d.metric(), d.minusEpsilon(), "minus-epsilon");
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

  /** A quantity that is there, at an epsilon that is measured. */
  Quantity metric(String where, String name, Optional<Double> epsilon, String key) {
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
              .formatted(where, name, epsilon.get()));
    }
    Optional<Quantities.At> one = Quantities.At.of(name);
    String curve = one.map(Quantities.At::curve).orElse(name);
    Optional<Double> read = one.map(Quantities.At::epsilon).or(() -> epsilon);
    if (read.isPresent() && quantities.ambiguous(curve, read.get())) {
      throw new IllegalArgumentException(
          "%s is about %s at epsilon %s, which several measurements give; make two studies of it"
              .formatted(where, curve, read.get()));
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

  /** A key of the grid with enough values that are numbers. */
  void along(String where, String path, Map<String, Tree> at, int least) {
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
