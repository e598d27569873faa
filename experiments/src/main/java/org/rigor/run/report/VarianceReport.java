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
import org.rigor.run.claim.Metrics;
import org.rigor.run.claim.VarianceShares;
import org.rigor.run.figure.StackedBars;
import org.rigor.run.store.RunRecord;
import org.rigor.run.study.FigureSpec;
import org.rigor.run.study.MethodSpec;
import org.rigor.run.study.Quantity;
import org.rigor.run.study.Wording;
import org.rigor.run.trial.Trial;
import org.rigor.run.trial.TrialResult;

/** The table and the figure of the sources of the differences between networks. */
final class VarianceReport {
  private VarianceReport() {}

  /** A quantity of one method with its shares of variance. */
  private record Row(String name, Quantity quantity, VarianceShares shares) {}

  private static List<Row> rows(FigureSpec.Variance spec, RunRecord run) {
    List<String> methods =
        spec.methods().isEmpty()
            ? run.study().study().training().methods().stream().map(MethodSpec::name).toList()
            : spec.methods();
    List<Row> rows = new ArrayList<>();
    for (String method : methods) {
      for (String metric : spec.metrics()) {
        Map<Map<String, String>, Map<Long, Double>> values = new LinkedHashMap<>();
        for (Trial t : run.everyArm()) {
          TrialResult r = run.results().get(t.id());
          if (t.arm().method().equals(method)) {
            Map<Long, Double> cell =
                values.computeIfAbsent(t.arm().settings(), s -> new LinkedHashMap<>());
            OptionalDouble v = r == null ? OptionalDouble.empty() : Metrics.of(r, metric, 0);
            if (v.isPresent() && Double.isFinite(v.getAsDouble())) {
              cell.put(t.spec().seed(), v.getAsDouble());
            }
          }
        }
        Quantity q = run.study().study().quantities().require(metric, "figures");
        String name = MetricFigures.join(methods.size() > 1 ? method : "", Wording.of(metric));
        VarianceShares.of(values).ifPresent(s -> rows.add(new Row(name, q, s)));
      }
    }
    return rows;
  }

  /** Returns a row per quantity, with a column per key of the grid and the share left to seeds. */
  static Optional<Table> table(FigureSpec.Variance spec, RunRecord run) {
    List<Row> rows = rows(spec, run);
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    List<String> columns = new ArrayList<>(List.of("share of variance in %", "mean", "deviation"));
    rows.get(0).shares().shares().keySet().forEach(k -> columns.add(MetricFigures.last(k)));
    columns.add("seeds");
    List<List<String>> cells = new ArrayList<>();
    for (Row r : rows) {
      List<String> row = new ArrayList<>();
      boolean share = r.quantity().share();
      row.add(r.name());
      row.add(share ? Format.percent(r.shares().mean()) : Format.number(r.shares().mean()));
      double d = r.shares().deviation();
      row.add(share ? Format.percent(d) : Format.number(d));
      r.shares()
          .shares()
          .forEach(
              (k, v) ->
                  row.add(
                      Format.percent(v)
                          + r.shares()
                              .intervals()
                              .get(k)
                              .map(i -> " " + Format.percent(Optional.of(i)))
                              .orElse("")));
      row.add(Integer.toString(r.shares().seeds()));
      cells.add(row);
    }
    return Optional.of(new Table(columns, cells));
  }

  /** Returns the tables of all variance figures of a study. */
  static List<Table> tables(RunRecord run) {
    List<Table> out = new ArrayList<>();
    for (FigureSpec f : run.study().study().figures()) {
      if (f instanceof FigureSpec.Variance v) {
        table(v, run).ifPresent(out::add);
      }
    }
    return out;
  }

  static Optional<Figures.Figure> figure(String name, FigureSpec.Variance spec, RunRecord run) {
    List<Row> rows = rows(spec, run);
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    Set<String> parts = new LinkedHashSet<>();
    rows.get(0).shares().shares().keySet().forEach(k -> parts.add(MetricFigures.last(k)));
    List<StackedBars.Bar> bars =
        rows.stream()
            .map(
                r ->
                    new StackedBars.Bar(
                        r.name(),
                        r.shares().shares().values().stream()
                            .mapToDouble(Double::doubleValue)
                            .toArray()))
            .toList();
    String title =
        spec.title().isEmpty() ? "What the networks' differences come from" : spec.title();
    return Optional.of(
        new Figures.Figure(
            name,
            new StackedBars(title, "share of variance in %", List.copyOf(parts), bars).svg(),
            "Shares of the variance over all networks (epsilon squared): of each key of the grid,"
                + " of what keys do together, of the seed alike at every setting, and of the seed"
                + " at one setting and not at another. The table has 95 % intervals over seeds"
                + " (jackknife); a share whose interval holds 0 may be nothing."));
  }
}
