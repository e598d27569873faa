// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.List;

/**
 * Curves over one quantity, with areas between curves, two kinds of error bars and a legend.
 *
 * @param title heading
 * @param xLabel with unit
 * @param yLabel with unit
 * @param xLog logarithmic horizontal axis
 * @param yLog logarithmic vertical axis
 * @param unitInterval whether the vertical axis shows shares and goes from 0 to 1 in percent
 * @param curves at least one
 * @param areas drawn below the curves
 */
public record LineChart(
    String title,
    String xLabel,
    String yLabel,
    boolean xLog,
    boolean yLog,
    boolean unitInterval,
    List<Line> curves,
    List<Area> areas) {

  /**
   * One curve.
   *
   * @param name in the legend
   * @param colour index into the palette
   * @param dashed or solid
   * @param x ascending
   * @param y finite values
   * @param bars narrow error bars with caps; null for none
   * @param thick wide error bars without caps; null for none
   */
  public record Line(
      String name, int colour, boolean dashed, double[] x, double[] y, Bars bars, Bars thick) {}

  /** Limits of error bars, one per point; NaN for none. */
  public record Bars(double[] low, double[] high) {}

  /** The area between two curves. */
  public record Area(String name, int colour, double[] x, double[] low, double[] high) {}

  private static final double WIDTH = 860;
  private static final double HEIGHT = 470;
  private static final double LEFT = 70;
  private static final double RIGHT = 610;
  private static final double TOP = 44;
  private static final double BOTTOM = 410;

  /** Returns the figure. */
  public String svg() {
    Svg svg = new Svg(WIDTH, HEIGHT, title);
    Axis xa = xAxis();
    Axis ya = yAxis();
    svg.text(LEFT, 24, "start", 16, "font-weight=\"bold\"", title);
    frame(svg, xa, ya);
    for (Area a : areas) {
      int n = a.x().length;
      double[] px = new double[2 * n];
      double[] py = new double[2 * n];
      for (int i = 0; i < n; i++) {
        px[i] = px[2 * n - 1 - i] = xa.at(a.x()[i], LEFT, RIGHT);
        py[i] = ya.at(a.high()[i], BOTTOM, TOP);
        py[2 * n - 1 - i] = ya.at(a.low()[i], BOTTOM, TOP);
      }
      svg.path(
          px, py, true, "fill=\"%s\" fill-opacity=\"0.14\"".formatted(Palette.colour(a.colour())));
    }
    for (int c = 0; c < curves.size(); c++) {
      // Bars of different curves at one x are set apart by a few pixels.
      curve(svg, curves.get(c), xa, ya, 3 * (c - (curves.size() - 1) / 2.0));
    }
    legend(svg);
    return svg.document();
  }

  private void frame(Svg svg, Axis xa, Axis ya) {
    for (double v : xa.ticks(8)) {
      double x = xa.at(v, LEFT, RIGHT);
      svg.line(x, TOP, x, BOTTOM, "stroke=\"#e3e3e3\"");
      svg.line(x, BOTTOM, x, BOTTOM + 5, "stroke=\"#1a1a1a\"");
      svg.text(x, BOTTOM + 20, "middle", 13, "", Axis.show(v));
    }
    for (double v : ya.ticks(6)) {
      double y = ya.at(v, BOTTOM, TOP);
      svg.line(LEFT, y, RIGHT, y, "stroke=\"#e3e3e3\"");
      svg.line(LEFT - 5, y, LEFT, y, "stroke=\"#1a1a1a\"");
      String text = unitInterval ? Axis.show(100 * v) : Axis.show(v);
      svg.text(LEFT - 9, y + 4.5, "end", 13, "", text);
    }
    svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, "stroke=\"#1a1a1a\"");
    svg.line(LEFT, TOP, LEFT, BOTTOM, "stroke=\"#1a1a1a\"");
    svg.text((LEFT + RIGHT) / 2, BOTTOM + 45, "middle", 14, "", xLabel);
    double middle = (TOP + BOTTOM) / 2;
    svg.text(
        20, middle, "middle", 14, "transform=\"rotate(-90 20 %.0f)\"".formatted(middle), yLabel);
  }

  private void curve(Svg svg, Line line, Axis xa, Axis ya, double shift) {
    String colour = Palette.colour(line.colour());
    int n = line.x().length;
    double[] px = new double[n];
    double[] py = new double[n];
    for (int i = 0; i < n; i++) {
      px[i] = xa.at(line.x()[i], LEFT, RIGHT);
      py[i] = ya.at(line.y()[i], BOTTOM, TOP);
      bar(
          svg,
          line.bars(),
          i,
          px[i] + shift,
          ya,
          "stroke=\"%s\" stroke-width=\"1\"".formatted(colour),
          3);
      bar(
          svg,
          line.thick(),
          i,
          px[i] + shift,
          ya,
          "stroke=\"%s\" stroke-width=\"3.2\" stroke-opacity=\"0.75\"".formatted(colour),
          0);
    }
    String dash = line.dashed() ? " stroke-dasharray=\"7 5\"" : "";
    svg.path(
        px,
        py,
        false,
        "fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\"%s".formatted(colour, dash));
    if (n <= 40) {
      for (int i = 0; i < n; i++) {
        svg.circle(
            px[i],
            py[i],
            2.6,
            "fill=\"%s\" stroke=\"%s\"".formatted(line.dashed() ? "#ffffff" : colour, colour));
      }
    }
  }

  private static void bar(Svg svg, Bars bars, int i, double x, Axis ya, String style, double cap) {
    if (bars == null || Double.isNaN(bars.low()[i])) {
      return;
    }
    double low = ya.at(bars.low()[i], BOTTOM, TOP);
    double high = ya.at(bars.high()[i], BOTTOM, TOP);
    svg.line(x, low, x, high, style);
    if (cap > 0) {
      svg.line(x - cap, low, x + cap, low, style);
      svg.line(x - cap, high, x + cap, high, style);
    }
  }

  private void legend(Svg svg) {
    double y = TOP + 10;
    for (Line line : curves) {
      String dash = line.dashed() ? " stroke-dasharray=\"7 5\"" : "";
      svg.line(
          RIGHT + 18,
          y,
          RIGHT + 52,
          y,
          "stroke=\"%s\" stroke-width=\"2.2\"%s".formatted(Palette.colour(line.colour()), dash));
      svg.text(RIGHT + 60, y + 4.5, "start", 13, "", line.name());
      y += 22;
    }
    for (Area a : areas) {
      svg.rect(
          RIGHT + 18,
          y - 7,
          34,
          14,
          "fill=\"%s\" fill-opacity=\"0.14\"".formatted(Palette.colour(a.colour())));
      svg.text(RIGHT + 60, y + 4.5, "start", 13, "", a.name());
      y += 22;
    }
    boolean thin = curves.stream().anyMatch(c -> c.bars() != null);
    boolean thick = curves.stream().anyMatch(c -> c.thick() != null);
    y += 8;
    if (thin) {
      svg.line(RIGHT + 35, y - 8, RIGHT + 35, y + 8, "stroke=\"#1a1a1a\"");
      svg.line(RIGHT + 32, y - 8, RIGHT + 38, y - 8, "stroke=\"#1a1a1a\"");
      svg.line(RIGHT + 32, y + 8, RIGHT + 38, y + 8, "stroke=\"#1a1a1a\"");
      svg.text(RIGHT + 60, y + 4.5, "start", 13, "", "95 % over images");
      y += 26;
    }
    if (thick) {
      svg.line(RIGHT + 35, y - 8, RIGHT + 35, y + 8, "stroke=\"#1a1a1a\" stroke-width=\"3.2\"");
      svg.text(RIGHT + 60, y + 4.5, "start", 13, "", "95 % over seeds");
    }
  }

  private Axis xAxis() {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (Line l : curves) {
      for (double v : l.x()) {
        if (!xLog || v > 0) {
          min = Math.min(min, v);
          max = Math.max(max, v);
        }
      }
    }
    return Axis.around(xLabel, min, max, xLog);
  }

  private Axis yAxis() {
    if (unitInterval) {
      return new Axis(yLabel, 0, 1.02, false);
    }
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (Line l : curves) {
      for (double v : l.y()) {
        if (!yLog || v > 0) {
          min = Math.min(min, v);
          max = Math.max(max, v);
        }
      }
    }
    return Axis.around(yLabel, min, max, yLog);
  }
}
