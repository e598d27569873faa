// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.rigor.run.figure.LineChart;
import org.rigor.run.statistics.Interval;
import org.rigor.run.statistics.Sample;

/** A collector of lines through means over trials, with their bands over seeds. */
final class Lines {
  final List<LineChart.Line> lines = new ArrayList<>();
  final List<LineChart.Area> areas = new ArrayList<>();
  private int colours;

  /**
   * @param points by position, a value per trial
   * @param share whether the values are shares, which are drawn in percent
   * @param nth which quantity of the same trials it is: the second is dashed, in the colour of the
   *     first
   * @param beside whether a theory's curve comes with them, under which points must show
   */
  void measured(
      String label, TreeMap<Double, Sample> points, boolean share, int nth, boolean beside) {
    if (points.isEmpty()) {
      return;
    }
    boolean dashed = nth == 1 && !beside && colours > 0;
    int colour = dashed ? colours - 1 : colours++;
    LineChart.Style plain = dashed ? LineChart.Style.DASHED : LineChart.Style.SOLID;
    double unit = share ? 100 : 1;
    lines.add(line(label, colour, beside ? LineChart.Style.POINTS : plain, points, unit));
    List<double[]> band = new ArrayList<>();
    points.forEach(
        (x, values) -> {
          Optional<Interval> i = values.interval(ArmSummary.ALPHA);
          if (i.isEmpty()) {
            close(band, colour);
          }
          i.ifPresent(v -> band.add(new double[] {x, unit * v.low(), unit * v.high()}));
        });
    close(band, colour);
  }

  /** Closes a stretch of a band and starts the next; a missing interval leaves a gap. */
  private void close(List<double[]> band, int colour) {
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
    band.clear();
  }

  /** Adds a curve in the colour of the line before it. */
  void theory(String label, TreeMap<Double, Sample> points, boolean share) {
    if (!points.isEmpty()) {
      double unit = share ? 100 : 1;
      int colour = Math.max(0, colours - 1);
      lines.add(line(label, colour, LineChart.Style.CURVE, points, unit));
    }
  }

  private static LineChart.Line line(
      String label,
      int colour,
      LineChart.Style style,
      TreeMap<Double, Sample> points,
      double unit) {
    double[] x = points.keySet().stream().mapToDouble(Double::doubleValue).toArray();
    double[] y = points.values().stream().mapToDouble(s -> unit * s.mean()).toArray();
    return new LineChart.Line(label, colour, style, x, y, null, null);
  }
}
