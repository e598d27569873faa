// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.rigor.run.figure.LineChart;
import org.rigor.run.figure.Scale;
import org.rigor.run.statistics.Interval;
import org.rigor.run.store.RunRecord;
import org.rigor.run.trial.Curve;
import org.rigor.run.yaml.Names;

/** Certified and attacked accuracy over the radius, with the gap between them. */
final class BracketFigure {
  private BracketFigure() {}

  static Optional<Figures.Figure> of(
      String name, String title, RunRecord run, List<ArmSummary> arms) {
    List<LineChart.Line> lines = new ArrayList<>();
    List<LineChart.Area> areas = new ArrayList<>();
    Set<String> norms = norms(run);
    for (int a = 0; a < arms.size(); a++) {
      ArmSummary arm = arms.get(a);
      List<Curve> certified = arm.curves(Curve.Side.CERTIFIED);
      List<Curve> attacked = arm.curves(Curve.Side.ATTACKED);
      for (Curve c : attacked) {
        lines.add(line(arm, c, a));
      }
      for (Curve c : certified) {
        lines.add(line(arm, c, a));
      }
      if (norms.size() == 1) { // radii of different norms do not compare
        areas.addAll(areas(arm, a, certified, attacked));
      }
    }
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    String norm = norms.isEmpty() ? "" : " (" + String.join(", ", norms) + ")";
    String svg =
        new LineChart(
                title.isEmpty() ? title(lines, areas) : title,
                Scale.of("epsilon" + norm + ", in units of the input"),
                Scale.of("accuracy in %").ofShares(),
                lines,
                areas)
            .svg();
    return Optional.of(new Figures.Figure(name, svg, caption(arms, lines, areas)));
  }

  private static Set<String> norms(RunRecord run) {
    return run.study().study().measurements().stream()
        .flatMap(m -> m.ball().stream())
        .map(n -> Names.kebab(n.name()))
        .collect(Collectors.toCollection(java.util.TreeSet::new));
  }

  private static boolean has(List<LineChart.Line> lines, LineChart.Style style) {
    return lines.stream().anyMatch(l -> l.style() == style);
  }

  /** Returns the title, which names the curves drawn. */
  private static String title(List<LineChart.Line> lines, List<LineChart.Area> areas) {
    if (!areas.isEmpty()) {
      return "Robust accuracy lies in the shaded band";
    } else if (!has(lines, LineChart.Style.UP_TO)) {
      return "Accuracy under attack";
    }
    return has(lines, LineChart.Style.FROM)
        ? "Certified and attacked accuracy"
        : "Certified accuracy";
  }

  private static String caption(
      List<ArmSummary> arms, List<LineChart.Line> lines, List<LineChart.Area> areas) {
    List<String> parts = new ArrayList<>();
    boolean verdicts =
        arms.stream()
            .flatMap(a -> a.results().get(0).curves().stream())
            .allMatch(Curve::ofVerdicts);
    if (has(lines, LineChart.Style.UP_TO)) {
      parts.add(
          (verdicts ? "verified" : "certified")
              + " accuracy (solid) is a lower value of robust accuracy, at its radius and at"
              + " each smaller one");
    }
    if (has(lines, LineChart.Style.FROM)) {
      parts.add(
          (verdicts ? "accuracy not violated" : "attacked accuracy")
              + " (dashed) is an upper value of robust accuracy, at its radius and at"
              + " each larger one");
    }
    if (!areas.isEmpty()) {
      parts.add(
          verdicts
              ? "between them, at a radius, verdicts are unknown"
              : "between them nothing is decided");
    }
    int seeds = arms.stream().mapToInt(s -> s.results().size()).max().orElse(0);
    return "Per training method: "
        + String.join("; ", parts)
        + ". Means over %d seeds and %s test images. Thin bars: 95 %% over images (Wilson,"
            .formatted(seeds, images(arms))
        + " sampling error only)"
        + (seeds > 1 ? "; thick bars: 95 % over seeds (Student)." : ".");
  }

  /** Returns the number of samples behind the curves, or the least and the most. */
  private static String images(List<ArmSummary> arms) {
    IntSummaryStatistics n =
        arms.stream()
            .flatMap(a -> a.results().get(0).curves().stream())
            .mapToInt(c -> c.survived().length)
            .summaryStatistics();
    return n.getMin() == n.getMax()
        ? "%,d".formatted(n.getMin())
        : "%,d to %,d".formatted(n.getMin(), n.getMax());
  }

  private static LineChart.Line line(ArmSummary arm, Curve c, int colour) {
    int n = c.epsilons().length;
    double[] y = new double[n];
    double[][] images = new double[2][n];
    double[][] seeds = new double[2][n];
    for (int i = 0; i < n; i++) {
      ArmSummary.Mean m = arm.accuracy(c, i);
      y[i] = m.value();
      set(images, i, m.images());
      set(seeds, i, m.seeds());
    }
    return new LineChart.Line(
        MetricFigures.label(arm.arm()) + ", " + Tables.words(c),
        colour,
        c.side() == Curve.Side.ATTACKED ? LineChart.Style.FROM : LineChart.Style.UP_TO,
        c.epsilons(),
        y,
        new LineChart.Bars(images[0], images[1]),
        arm.results().size() < 2 ? null : new LineChart.Bars(seeds[0], seeds[1]));
  }

  private static void set(double[][] limits, int i, Optional<Interval> interval) {
    limits[0][i] = interval.map(Interval::low).orElse(Double.NaN);
    limits[1][i] = interval.map(Interval::high).orElse(Double.NaN);
  }

  private static List<LineChart.Area> areas(
      ArmSummary arm, int colour, List<Curve> certified, List<Curve> attacked) {
    List<LineChart.Area> out = new ArrayList<>();
    for (Band b : Band.between(known(arm, certified), known(arm, attacked))) {
      String name = out.isEmpty() ? MetricFigures.label(arm.arm()) + ", " + open(certified) : "";
      out.add(new LineChart.Area(name, colour, b.x(), b.low(), b.high()));
    }
    return out;
  }

  private static String open(List<Curve> certified) {
    return certified.stream().allMatch(Curve::ofVerdicts) ? "unknown" : "undecided";
  }

  private static List<Band.Known> known(ArmSummary arm, List<Curve> curves) {
    List<Band.Known> out = new ArrayList<>();
    for (Curve c : curves) {
      double[] values = new double[c.epsilons().length];
      for (int i = 0; i < values.length; i++) {
        values[i] = arm.accuracy(c, i).value();
      }
      out.add(new Band.Known(c.epsilons(), values));
    }
    return out;
  }
}
