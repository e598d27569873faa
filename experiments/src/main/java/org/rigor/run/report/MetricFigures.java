// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rigor.run.claim.Metrics;
import org.rigor.run.figure.LineChart;
import org.rigor.run.figure.Scale;
import org.rigor.run.statistics.Ranks;
import org.rigor.run.statistics.Sample;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.FigureSpec;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.Settings;
import org.rigor.run.study.Wording;
import org.rigor.run.trial.Arm;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Tree;

/** Figures of any quantities: over a key of the grid, and one against another. */
final class MetricFigures {
  private MetricFigures() {}

  /** Draws quantities over a numeric key of the grid. */
  static Optional<Figures.Figure> line(String name, FigureSpec.Line spec, RunRecord run) {
    Quantities quantities = run.study().study().quantities();
    List<Quantity> metrics = spec.metrics().stream().map(m -> known(quantities, m)).toList();
    Lines lines = new Lines();
    Map<Group, TreeMap<Double, List<TrialResult>>> groups = groups(spec, run);
    boolean many = groups.keySet().stream().map(Group::method).distinct().count() > 1;
    for (var e : groups.entrySet()) {
      String label = e.getKey().label(many || metrics.size() == 1);
      for (Quantity q : metrics) {
        String full = metrics.size() == 1 ? label : join(label, Wording.of(q.name()));
        boolean beside = spec.theory().isPresent();
        lines.measured(full, points(q, e.getValue()), q.share(), metrics.indexOf(q), beside);
      }
      spec.theory()
          .ifPresent(
              t -> {
                Quantity q = known(quantities, t);
                lines.theory(
                    join(label, "theory: " + Wording.of(t)), points(q, e.getValue()), q.share());
              });
    }
    if (lines.lines.isEmpty()) {
      return Optional.empty();
    }
    String svg =
        new LineChart(
                title(spec.title(), spec.metrics(), "over " + last(spec.along())),
                Scale.of(last(spec.along())).withLog(spec.logX()),
                Scale.of(Wording.common(metrics)).withLog(spec.logY()),
                lines.lines,
                lines.areas)
            .svg();
    String caption =
        "Means over seeds; bands are 95 % over seeds (Student)."
            + spec.theory()
                .map(t -> " Curves: " + Wording.of(t) + ", mean over seeds too.")
                .orElse("");
    return Optional.of(new Figures.Figure(name, svg, caption));
  }

  /** Draws one quantity against another. */
  static Optional<Figures.Figure> scatter(String name, FigureSpec.Scatter spec, RunRecord run) {
    Quantities quantities = run.study().study().quantities();
    Quantity x = known(quantities, spec.x());
    Quantity y = known(quantities, spec.y());
    Map<String, List<double[]>> byMethod = new LinkedHashMap<>();
    for (Trial t : run.everyArm()) {
      TrialResult r = run.results().get(t.id());
      if (r != null && shown(t, spec.methods(), spec.at())) {
        OptionalDouble a = value(x, r);
        OptionalDouble b = value(y, r);
        if (a.isPresent() && b.isPresent()) {
          byMethod
              .computeIfAbsent(t.arm().method(), m -> new ArrayList<>())
              .add(new double[] {a.getAsDouble(), b.getAsDouble()});
        }
      }
    }
    List<LineChart.Line> lines = new ArrayList<>();
    List<String> correlations = new ArrayList<>();
    byMethod.forEach(
        (method, points) -> {
          double[] px = points.stream().mapToDouble(p -> p[0]).toArray();
          double[] py = points.stream().mapToDouble(p -> p[1]).toArray();
          int n = points.size();
          lines.add(
              new LineChart.Line(method, lines.size(), LineChart.Style.MARKS, px, py, null, null));
          if (n > 2) {
            correlations.add(
                "%s %s (%d networks)".formatted(method, Format.number(Ranks.spearman(px, py)), n));
          }
        });
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    String title =
        spec.title().isEmpty()
            ? Wording.of(y.name()) + " against " + Wording.of(x.name())
            : spec.title();
    String svg =
        new LineChart(
                title,
                Scale.of(Wording.of(x)).withLog(spec.logX()),
                Scale.of(Wording.of(y)).withLog(spec.logY()),
                lines,
                List.of())
            .svg();
    return Optional.of(
        new Figures.Figure(
            name,
            svg,
            "A point a trained network."
                + (correlations.isEmpty()
                    ? ""
                    : " Spearman's rank correlation: " + String.join(", ", correlations) + ".")));
  }

  /** The trials behind one line of a figure. */
  record Group(String method, Map<String, String> rest) {
    String label(boolean withMethod) {
      String settings =
          rest.entrySet().stream()
              .map(e -> last(e.getKey()) + " = " + e.getValue())
              .collect(Collectors.joining(", "));
      return withMethod ? join(method, settings) : settings;
    }
  }

  private static Map<Group, TreeMap<Double, List<TrialResult>>> groups(
      FigureSpec.Line spec, RunRecord run) {
    Map<Group, TreeMap<Double, List<TrialResult>>> out = new LinkedHashMap<>();
    for (Trial t : run.everyArm()) {
      TrialResult r = run.results().get(t.id());
      if (r != null && r.finished() && shown(t, spec.methods(), spec.at())) {
        Set<String> fixed = new LinkedHashSet<>(spec.at().keySet());
        fixed.add(spec.along());
        String at = t.arm().settings().get(spec.along());
        if (at != null) {
          out.computeIfAbsent(group(t, fixed), g -> new TreeMap<>())
              .computeIfAbsent(Settings.number(at).orElseThrow(), v -> new ArrayList<>())
              .add(r);
        }
      }
    }
    return out;
  }

  /** Returns an arm's name for a legend: its method and settings, each key by its last part. */
  static String label(Arm arm) {
    boolean told =
        arm.others().keySet().stream().map(MetricFigures::last).distinct().count()
            == arm.others().size();
    return told ? new Group(arm.network(), arm.others()).label(true) : arm.label();
  }

  static Group group(Trial t, Set<String> without) {
    Map<String, String> rest = t.arm().others();
    rest.keySet().removeAll(without);
    return new Group(t.arm().network(), rest);
  }

  static boolean shown(Trial t, List<String> methods, Map<String, Tree> at) {
    return (methods.isEmpty() || methods.contains(t.arm().method()))
        && Settings.matches(t.arm().settings(), at);
  }

  private static TreeMap<Double, Sample> points(
      Quantity q, TreeMap<Double, List<TrialResult>> trials) {
    TreeMap<Double, Sample> out = new TreeMap<>();
    trials.forEach((x, results) -> Metrics.sample(results, q, 0).ifPresent(s -> out.put(x, s)));
    return out;
  }

  /** Returns the value of a quantity, shares in percent. */
  private static OptionalDouble value(Quantity q, TrialResult r) {
    OptionalDouble v = Metrics.of(r, q.name(), 0);
    return v.isPresent() && q.share() ? OptionalDouble.of(100 * v.getAsDouble()) : v;
  }

  private static Quantity known(Quantities quantities, String name) {
    return quantities.require(name, "figures");
  }

  static String title(String own, List<String> metrics, String where) {
    String names = metrics.stream().map(Wording::of).collect(Collectors.joining("; "));
    return own.isEmpty() ? (names + " " + where).strip() : own;
  }

  static String join(String a, String b) {
    return a.isEmpty() || b.isEmpty() ? a + b : a + ", " + b;
  }

  /** Returns the last part of a key's path, in words. */
  static String last(String key) {
    return key.substring(key.lastIndexOf('.') + 1).replace('-', ' ');
  }
}
