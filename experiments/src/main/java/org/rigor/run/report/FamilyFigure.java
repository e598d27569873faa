// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.rigor.run.claim.Metrics;
import org.rigor.run.figure.LineChart;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.FigureSpec;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** Quantities measured at several numbers, over those numbers. */
final class FamilyFigure {
  private FamilyFigure() {}

  static Optional<Figures.Figure> of(String name, FigureSpec.Family spec, RunRecord run) {
    Quantities quantities = run.study().study().quantities();
    Map<MetricFigures.Group, List<TrialResult>> groups = new LinkedHashMap<>();
    for (Trial t : run.trials()) {
      TrialResult r = run.results().get(t.id());
      if (r != null && r.finished() && MetricFigures.shown(t, spec.methods(), spec.at())) {
        groups
            .computeIfAbsent(MetricFigures.group(t, spec.at().keySet()), g -> new ArrayList<>())
            .add(r);
      }
    }
    Lines lines = new Lines();
    boolean share = false;
    String prefix = prefix(spec.metrics());
    for (var group : groups.entrySet()) {
      for (String metric : spec.metrics()) {
        Map<Double, Quantity> family = quantities.requireFamily(metric, "figures");
        Quantity one =
            family.isEmpty()
                ? quantities.require(metric, "figures")
                : family.values().iterator().next();
        share |= one.share();
        String label =
            MetricFigures.join(
                groups.size() > 1 || spec.metrics().size() == 1 ? group.getKey().label(true) : "",
                spec.metrics().size() > 1 ? metric.substring(prefix.length()) : "");
        TreeMap<Double, double[]> points =
            family.isEmpty()
                ? curve(run, metric, group.getValue())
                : family(family, group.getValue());
        lines.measured(label, points, -1, false);
      }
    }
    if (lines.lines.isEmpty()) {
      return Optional.empty();
    }
    if (spec.diagonal()) {
      lines.lines.add(
          new LineChart.Line(
              "calibrated",
              lines.lines.size(),
              LineChart.Style.CURVE,
              new double[] {0, 1},
              new double[] {0, share ? 100 : 1},
              null,
              null));
    }
    List<LineChart.Area> areas = share ? clipped(lines.areas) : lines.areas;
    String svg =
        new LineChart(
                MetricFigures.title(spec.title(), spec.metrics(), ""),
                spec.x().isEmpty() ? "number behind the @" : spec.x(),
                axis(spec, prefix, share),
                spec.logX(),
                false,
                false,
                lines.lines,
                areas)
            .svg();
    return Optional.of(
        new Figures.Figure(
            name,
            svg,
            "Means over seeds; bands are 95 % over seeds (Student)."
                + (spec.diagonal() ? " The curve is that of a calibrated predictor." : "")));
  }

  private static String axis(FigureSpec.Family spec, String prefix, boolean share) {
    String what =
        spec.metrics().size() == 1
            ? spec.metrics().get(0)
            : prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
    return share ? (what + " in %").strip() : what;
  }

  /** What all names begin with, up to and with a '/'; legends leave it out. */
  private static String prefix(List<String> metrics) {
    String first = metrics.get(0);
    String prefix = first.substring(0, first.indexOf('/') + 1);
    return metrics.stream().allMatch(m -> m.startsWith(prefix)) ? prefix : "";
  }

  /** Student's intervals of shares may leave 0 to 100 %; no share does. */
  private static List<LineChart.Area> clipped(List<LineChart.Area> areas) {
    return areas.stream()
        .map(
            a -> new LineChart.Area(a.name(), a.colour(), a.x(), inside(a.low()), inside(a.high())))
        .toList();
  }

  private static double[] inside(double[] percent) {
    return Arrays.stream(percent).map(v -> Math.max(0, Math.min(100, v))).toArray();
  }

  private static TreeMap<Double, double[]> family(
      Map<Double, Quantity> family, List<TrialResult> results) {
    TreeMap<Double, double[]> out = new TreeMap<>();
    family.forEach((x, q) -> put(out, x, q.name(), 0, q.share(), results));
    return out;
  }

  /** At the radii of the measurement that gives the curve. */
  private static TreeMap<Double, double[]> curve(
      RunRecord run, String metric, List<TrialResult> results) {
    TreeMap<Double, double[]> out = new TreeMap<>();
    for (MeasurementSpec m : run.study().study().measurements()) {
      if (m.gives().stream().anyMatch(q -> q.name().equals(metric))) {
        for (double e : m.epsilons()) {
          put(out, e, metric, e, true, results);
        }
      }
    }
    return out;
  }

  private static void put(
      TreeMap<Double, double[]> out,
      double x,
      String name,
      double epsilon,
      boolean share,
      List<TrialResult> results) {
    double[] values =
        results.stream()
            .map(r -> Metrics.of(r, name, epsilon))
            .filter(OptionalDouble::isPresent)
            .mapToDouble(v -> share ? 100 * v.getAsDouble() : v.getAsDouble())
            .toArray();
    if (values.length > 0) {
      out.put(x, values);
    }
  }
}
