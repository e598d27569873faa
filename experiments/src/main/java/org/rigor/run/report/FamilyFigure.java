// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.rigor.run.claim.Metrics;
import org.rigor.run.figure.LineChart;
import org.rigor.run.figure.Scale;
import org.rigor.run.statistics.Sample;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.FigureSpec;
import org.rigor.run.study.MeasurementSpec;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.Wording;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** Quantities measured at a sequence of numbers, plotted over those numbers. */
final class FamilyFigure {
  private FamilyFigure() {}

  static Optional<Figures.Figure> of(String name, FigureSpec.Family spec, RunRecord run) {
    Quantities quantities = run.study().study().quantities();
    Map<MetricFigures.Group, List<TrialResult>> groups = new LinkedHashMap<>();
    for (Trial t : run.everyArm()) {
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
                spec.metrics().size() > 1 ? Wording.of(metric.substring(prefix.length())) : "");
        TreeMap<Double, Sample> points =
            family.isEmpty() ? curve(run, one, group.getValue()) : family(family, group.getValue());
        lines.measured(label, points, one.share(), -1, false);
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
    String svg =
        new LineChart(
                MetricFigures.title(spec.title(), spec.metrics(), ""),
                Scale.of(spec.x().isEmpty() ? "number behind the @" : spec.x())
                    .withLog(spec.logX()),
                Scale.of(axis(spec, prefix, share)),
                lines.lines,
                lines.areas)
            .svg();
    return Optional.of(
        new Figures.Figure(
            name,
            svg,
            "Means over seeds; bands are 95 % over seeds (Student)."
                + (spec.diagonal() ? " The curve is that of a calibrated predictor." : "")));
  }

  private static String axis(FigureSpec.Family spec, String prefix, boolean share) {
    String key =
        spec.metrics().size() == 1
            ? spec.metrics().get(0)
            : prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
    String what = key.isEmpty() ? "" : Wording.of(key);
    return share ? (what + " in %").strip() : what;
  }

  /** Returns the common prefix of all names, up to and with a '/', which legends leave out. */
  private static String prefix(List<String> metrics) {
    String first = metrics.get(0);
    String prefix = first.substring(0, first.indexOf('/') + 1);
    return metrics.stream().allMatch(m -> m.startsWith(prefix)) ? prefix : "";
  }

  private static TreeMap<Double, Sample> family(
      Map<Double, Quantity> family, List<TrialResult> results) {
    TreeMap<Double, Sample> out = new TreeMap<>();
    family.forEach((x, q) -> Metrics.sample(results, q, 0).ifPresent(s -> out.put(x, s)));
    return out;
  }

  /** Returns the curve at the radii of the measurement that gives it. */
  private static TreeMap<Double, Sample> curve(
      RunRecord run, Quantity curve, List<TrialResult> results) {
    TreeMap<Double, Sample> out = new TreeMap<>();
    for (MeasurementSpec m : run.study().study().measurements()) {
      if (m.gives().stream().anyMatch(q -> q.name().equals(curve.name()))) {
        for (double e : m.epsilons()) {
          Metrics.sample(results, curve, e).ifPresent(s -> out.put(e, s));
        }
      }
    }
    return out;
  }
}
