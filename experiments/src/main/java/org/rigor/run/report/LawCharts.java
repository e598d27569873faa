// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.rigor.run.figure.LineChart;
import org.rigor.run.figure.Scale;
import org.rigor.run.theory.Chart;
import org.rigor.run.theory.LawResult;
import org.rigor.run.theory.LawTrial;

/** The figures of laws: measured points with their errors over the predicted curve. */
final class LawCharts {
  /** Above this number of points errors become a band instead of bars. */
  private static final int MOST_BARS = 24;

  private LawCharts() {}

  /** Returns the figures of one law. */
  static List<Figures.Figure> of(LawTrial t, LawResult r) {
    return r.charts().stream()
        .map(
            c ->
                new Figures.Figure(
                    slug(t.label() + "-" + c.name()),
                    svg(c),
                    "%s: %s (%s)".formatted(t.label(), t.law().says(), t.law().source())))
        .toList();
  }

  private static String slug(String text) {
    return text.replaceAll("[^A-Za-z0-9.]+", "-");
  }

  /**
   * Returns the figure. With as many curves as measured series, each series becomes open points
   * over the curve of its colour.
   */
  static String svg(Chart chart) {
    long curves = chart.series().stream().filter(s -> s.role() == Chart.Role.THEORY).count();
    LineChart.Style points =
        2 * curves == chart.series().size() ? LineChart.Style.MARKS : LineChart.Style.POINTS;
    List<LineChart.Line> lines = new ArrayList<>();
    List<LineChart.Area> areas = new ArrayList<>();
    int theories = 0;
    int measured = 0;
    for (Chart.Series s : chart.series()) {
      if (s.role() == Chart.Role.THEORY) {
        lines.add(line(s, theories++, LineChart.Style.CURVE, null));
      } else {
        int colour = measured++;
        boolean bars = s.error().length > 0 && s.x().length <= MOST_BARS;
        LineChart.Bars limits = limits(s);
        if (s.error().length > 0 && !bars) {
          areas.add(band(s, colour, limits));
        }
        lines.add(line(s, colour, points, bars ? limits : null));
      }
    }
    // Draw points over all curves, whatever the order of the legend.
    lines.sort(Comparator.comparing(l -> l.style() == LineChart.Style.MARKS));
    return new LineChart(
            chart.title(),
            Scale.of(chart.x()).withLog(chart.logX()),
            Scale.of(chart.y()).withLog(chart.logY()),
            lines,
            areas,
            "error of the measurement")
        .svg();
  }

  private static LineChart.Line line(
      Chart.Series s, int colour, LineChart.Style style, LineChart.Bars bars) {
    return new LineChart.Line(s.label(), colour, style, s.x(), s.y(), bars, null);
  }

  private static LineChart.Bars limits(Chart.Series s) {
    int n = s.error().length;
    double[] low = new double[n];
    double[] high = new double[n];
    for (int i = 0; i < n; i++) {
      low[i] = s.y()[i] - s.error()[i];
      high[i] = s.y()[i] + s.error()[i];
    }
    return new LineChart.Bars(low, high);
  }

  /** Returns the band around the points that have a value. */
  private static LineChart.Area band(Chart.Series s, int colour, LineChart.Bars limits) {
    int[] there =
        java.util.stream.IntStream.range(0, s.x().length)
            .filter(i -> Double.isFinite(limits.low()[i]) && Double.isFinite(limits.high()[i]))
            .toArray();
    return new LineChart.Area(
        s.label() + ", error",
        colour,
        pick(s.x(), there),
        pick(limits.low(), there),
        pick(limits.high(), there));
  }

  private static double[] pick(double[] values, int[] which) {
    return java.util.Arrays.stream(which).mapToDouble(i -> values[i]).toArray();
  }
}
