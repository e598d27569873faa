// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.rigor.run.claim.Interval;
import org.rigor.run.claim.Statistics;
import org.rigor.run.figure.LineChart;

/** Collects lines through the means of several trials, with their bands over seeds. */
final class Lines {
  final List<LineChart.Line> lines = new ArrayList<>();
  final List<LineChart.Area> areas = new ArrayList<>();
  private int colours;

  /**
   * @param points by position, a value per trial
   * @param nth which quantity of the same trials it is: the second is dashed, in the colour of the
   *     first
   * @param beside whether a theory's curve comes with them, under which points must show
   */
  void measured(String label, TreeMap<Double, double[]> points, int nth, boolean beside) {
    if (points.isEmpty()) {
      return;
    }
    boolean dashed = nth == 1 && !beside && colours > 0;
    int colour = dashed ? colours - 1 : colours++;
    LineChart.Style plain = dashed ? LineChart.Style.DASHED : LineChart.Style.SOLID;
    lines.add(line(label, colour, beside ? LineChart.Style.POINTS : plain, points));
    List<double[]> band = new ArrayList<>();
    points.forEach(
        (x, values) -> {
          Optional<Interval> i =
              values.length < 2 || !finite(values)
                  ? Optional.empty()
                  : Optional.of(Statistics.tInterval(values, ArmSummary.ALPHA));
          i.ifPresent(v -> band.add(new double[] {x, v.low(), v.high()}));
        });
    if (band.size() > 1) {
      boolean first = areas.isEmpty();
      areas.add(
          new LineChart.Area(
              first ? "bands: 95 % over seeds" : "",
              colour,
              band.stream().mapToDouble(b -> b[0]).toArray(),
              band.stream().mapToDouble(b -> b[1]).toArray(),
              band.stream().mapToDouble(b -> b[2]).toArray()));
    }
  }

  /** A curve in the colour of the line before it. */
  void theory(String label, TreeMap<Double, double[]> points) {
    if (!points.isEmpty()) {
      lines.add(line(label, Math.max(0, colours - 1), LineChart.Style.CURVE, points));
    }
  }

  private static LineChart.Line line(
      String label, int colour, LineChart.Style style, TreeMap<Double, double[]> points) {
    double[] x = points.keySet().stream().mapToDouble(Double::doubleValue).toArray();
    double[] y = points.values().stream().mapToDouble(Statistics::mean).toArray();
    return new LineChart.Line(label, colour, style, x, y, null, null);
  }

  private static boolean finite(double[] values) {
    return java.util.Arrays.stream(values).allMatch(Double::isFinite);
  }
}
