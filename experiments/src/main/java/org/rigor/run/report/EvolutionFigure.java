// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.rigor.run.figure.LineChart;
import org.rigor.run.figure.Scale;
import org.rigor.run.statistics.Sample;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.FigureSpec;
import org.rigor.run.study.ProbeSpec;
import org.rigor.run.study.Quantities;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.Wording;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** The measurements of probes over the epochs of training. */
final class EvolutionFigure {
  private EvolutionFigure() {}

  static Optional<Figures.Figure> of(String name, FigureSpec.Evolution spec, RunRecord run) {
    ProbeSpec probe = run.study().study().training().shared().probe().orElseThrow();
    Map<String, Quantity> known = new LinkedHashMap<>();
    for (ProbeSpec.Split split : probe.splits()) {
      Quantities.histories(probe).forEach(q -> known.put(Quantities.history(split, q.name()), q));
    }
    List<Quantity> metrics = spec.metrics().stream().map(known::get).toList();
    Lines lines = new Lines();
    Map<MetricFigures.Group, List<TrialResult>> groups = new LinkedHashMap<>();
    for (Trial t : run.trials()) {
      TrialResult r = run.results().get(t.id());
      if (r != null && MetricFigures.shown(t, spec.methods(), spec.at())) {
        groups
            .computeIfAbsent(MetricFigures.group(t, spec.at().keySet()), g -> new ArrayList<>())
            .add(r);
      }
    }
    for (var e : groups.entrySet()) {
      for (String history : spec.metrics()) {
        Quantity q = known.get(history);
        String label = e.getKey().label(true);
        lines.measured(
            spec.metrics().size() == 1 ? label : MetricFigures.join(label, Wording.of(history)),
            points(history, q, e.getValue()),
            q.share(),
            spec.metrics().indexOf(history),
            false);
      }
    }
    if (lines.lines.isEmpty()) {
      return Optional.empty();
    }
    String svg =
        new LineChart(
                MetricFigures.title(spec.title(), spec.metrics(), "during training"),
                Scale.of("epoch (0 is initialisation)").ofWholeNumbers(),
                Scale.of(Wording.common(metrics.stream().distinct().toList())).withLog(spec.logY()),
                lines.lines,
                lines.areas)
            .svg();
    return Optional.of(
        new Figures.Figure(name, svg, "Means over seeds; bands are 95 % over seeds (Student)."));
  }

  private static TreeMap<Double, Sample> points(String name, Quantity q, List<TrialResult> trials) {
    TreeMap<Double, List<Double>> values = new TreeMap<>();
    for (TrialResult r : trials) {
      History h = r.histories().get(name);
      for (int i = 0; h != null && i < h.epochs().length; i++) {
        values.computeIfAbsent((double) h.epochs()[i], e -> new ArrayList<>()).add(h.values()[i]);
      }
    }
    TreeMap<Double, Sample> out = new TreeMap<>();
    values.forEach(
        (e, v) -> {
          double[] all = v.stream().mapToDouble(Double::doubleValue).toArray();
          out.put(e, new Sample(all, 0, q.domain()));
        });
    return out;
  }
}
