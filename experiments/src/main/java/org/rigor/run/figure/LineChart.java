// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

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
 * @param barText what narrow error bars are, for the legend
 */
public record LineChart(
    String title,
    String xLabel,
    String yLabel,
    boolean xLog,
    boolean yLog,
    boolean unitInterval,
    List<Line> curves,
    List<Area> areas,
    String barText) {

  /** A chart whose narrow bars are 95 % intervals over images. */
  public LineChart(
      String title,
      String xLabel,
      String yLabel,
      boolean xLog,
      boolean yLog,
      boolean unitInterval,
      List<Line> curves,
      List<Area> areas) {
    this(title, xLabel, yLabel, xLog, yLog, unitInterval, curves, areas, "95 % over images");
  }

  /** How a curve is drawn. */
  public enum Style {
    /** A solid line; points where they are few. */
    SOLID,
    /** A dashed line; open points where they are few. */
    DASHED,
    /** A solid line without points: a curve, not measurements. */
    CURVE,
    /** Points joined by a thin line. */
    POINTS,
    /** Open points alone, such as those over the curve that they belong to. */
    MARKS
  }

  /**
   * One curve.
   *
   * @param name in the legend
   * @param colour index into the palette
   * @param style how it is drawn
   * @param x ascending, but for marks
   * @param y values; NaN, and what a logarithmic axis cannot show, leave a gap
   * @param bars narrow error bars with caps; null for none
   * @param thick wide error bars without caps; null for none
   */
  public record Line(
      String name, int colour, Style style, double[] x, double[] y, Bars bars, Bars thick) {

    /** A dashed or solid line. */
    public Line(
        String name, int colour, boolean dashed, double[] x, double[] y, Bars bars, Bars thick) {
      this(name, colour, dashed ? Style.DASHED : Style.SOLID, x, y, bars, thick);
    }

    private boolean dashed() {
      return style == Style.DASHED;
    }

    private double width() {
      return style == Style.POINTS ? 1 : 2.2;
    }

    /** Lines that meet a colour for the second time are dotted. */
    private String dashes() {
      boolean again = Palette.again(colour);
      if (dashed()) {
        return again ? " stroke-dasharray=\"7 3 2 3\"" : " stroke-dasharray=\"7 5\"";
      }
      return again ? " stroke-dasharray=\"2 3\"" : "";
    }

    private String stroke() {
      return "fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"%s"
          .formatted(Palette.colour(colour), width(), dashes());
    }

    private boolean pointed() {
      return style == Style.POINTS || style == Style.MARKS;
    }

    private boolean marked() {
      return pointed() || style != Style.CURVE && x.length <= 40;
    }

    private String mark() {
      String colour = Palette.colour(this.colour);
      return "fill=\"%s\" stroke=\"%s\""
          .formatted(dashed() || style == Style.MARKS ? "#ffffff" : colour, colour);
    }
  }

  /** Limits of error bars, one per point; NaN for none. */
  public record Bars(double[] low, double[] high) {}

  /** The area between two curves; without a name it has no line in the legend. */
  public record Area(String name, int colour, double[] x, double[] low, double[] high) {}

  private static final double WIDTH = 860;
  private static final double HEIGHT = 470;
  private static final double LEFT = 70;
  private static final double RIGHT = 610;
  private static final double TOP = 44;
  private static final double BOTTOM = 410;
  private static final int LEGEND_CHARS = 28;

  /** Returns the figure. */
  public String svg() {
    Svg svg = new Svg(WIDTH, HEIGHT, title);
    Axis xa = xAxis();
    Axis ya = yAxis();
    svg.text(LEFT, 24, "start", fit(16, WIDTH - LEFT, title), "font-weight=\"bold\"", title);
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
      boolean marks = curves.get(c).style() == Style.MARKS;
      curve(svg, curves.get(c), xa, ya, marks ? 0 : 3 * (c - (curves.size() - 1) / 2.0));
    }
    legend(svg);
    return svg.document();
  }

  /** A long text is set smaller rather than cut off; a character takes about 0.55 em. */
  private static double fit(double size, double room, String text) {
    return Math.min(size, room / (0.55 * Math.max(1, text.length())));
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
    svg.text((LEFT + RIGHT) / 2, BOTTOM + 45, "middle", fit(14, RIGHT, xLabel), "", xLabel);
    double middle = (TOP + BOTTOM) / 2;
    String turned = "transform=\"rotate(-90 20 %.0f)\"".formatted(middle);
    svg.text(20, middle, "middle", fit(14, BOTTOM, yLabel), turned, yLabel);
  }

  private void curve(Svg svg, Line line, Axis xa, Axis ya, double shift) {
    String colour = Palette.colour(line.colour());
    String thin = "stroke=\"%s\" stroke-width=\"1\"".formatted(colour);
    String wide = "stroke=\"%s\" stroke-width=\"3.2\" stroke-opacity=\"0.75\"".formatted(colour);
    int n = line.x().length;
    int from = 0;
    for (int i = 0; i <= n; i++) {
      if (i < n && shown(line, i)) {
        double x = xa.at(line.x()[i], LEFT, RIGHT) + shift;
        bar(svg, line.bars(), i, x, ya, thin, 3);
        bar(svg, line.thick(), i, x, ya, wide, 0);
      } else {
        stretch(svg, line, from, i, xa, ya);
        from = i + 1;
      }
    }
  }

  /** Draws a part of a curve that has no gap. */
  private void stretch(Svg svg, Line line, int from, int to, Axis xa, Axis ya) {
    if (from >= to) {
      return;
    }
    double[] px = new double[to - from];
    double[] py = new double[to - from];
    for (int i = from; i < to; i++) {
      px[i - from] = xa.at(line.x()[i], LEFT, RIGHT);
      py[i - from] = ya.at(line.y()[i], BOTTOM, TOP);
    }
    if (line.style() != Style.MARKS) {
      svg.path(px, py, false, line.stroke());
    }
    for (int i = 0; i < px.length && line.marked(); i++) {
      svg.circle(px[i], py[i], 2.6, line.mark());
    }
  }

  private boolean shown(Line line, int i) {
    double x = line.x()[i];
    double y = line.y()[i];
    return Double.isFinite(x) && Double.isFinite(y) && (!xLog || x > 0) && (!yLog || y > 0);
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
      if (line.style() != Style.MARKS) {
        svg.line(RIGHT + 18, y, RIGHT + 52, y, line.stroke());
      }
      if (line.pointed()) {
        svg.circle(RIGHT + 35, y, 2.6, line.mark());
      }
      y = words(svg, y, line.name());
    }
    for (Area a : areas.stream().filter(a -> !a.name().isEmpty()).toList()) {
      svg.rect(
          RIGHT + 18,
          y - 7,
          34,
          14,
          "fill=\"%s\" fill-opacity=\"0.14\"".formatted(Palette.colour(a.colour())));
      y = words(svg, y, a.name());
    }
    boolean thin = curves.stream().anyMatch(c -> c.bars() != null);
    boolean thick = curves.stream().anyMatch(c -> c.thick() != null);
    y += 8;
    if (thin) {
      svg.line(RIGHT + 35, y - 8, RIGHT + 35, y + 8, "stroke=\"#1a1a1a\"");
      svg.line(RIGHT + 32, y - 8, RIGHT + 38, y - 8, "stroke=\"#1a1a1a\"");
      svg.line(RIGHT + 32, y + 8, RIGHT + 38, y + 8, "stroke=\"#1a1a1a\"");
      y = 4 + words(svg, y, barText);
    }
    if (thick) {
      svg.line(RIGHT + 35, y - 8, RIGHT + 35, y + 8, "stroke=\"#1a1a1a\" stroke-width=\"3.2\"");
      svg.text(RIGHT + 60, y + 4.5, "start", 13, "", "95 % over seeds");
    }
  }

  /** Writes a legend's text, broken between words; returns where the next one stands. */
  private static double words(Svg svg, double y, String text) {
    StringBuilder line = new StringBuilder();
    double at = y;
    for (String word : text.split(" ")) {
      if (line.length() > 0 && line.length() + 1 + word.length() > LEGEND_CHARS) {
        svg.text(RIGHT + 60, at + 4.5, "start", 13, "", line.toString());
        at += 15;
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    svg.text(RIGHT + 60, at + 4.5, "start", 13, "", line.toString());
    return at + 22;
  }

  private Axis xAxis() {
    DoubleStream all =
        curves.stream().flatMapToDouble(l -> Arrays.stream(l.x())).filter(v -> !xLog || v > 0);
    return Axis.around(xLabel, all, xLog);
  }

  private Axis yAxis() {
    if (unitInterval) {
      return new Axis(yLabel, 0, 1.02, false);
    }
    DoubleStream values = curves.stream().flatMapToDouble(l -> Arrays.stream(l.y()));
    DoubleStream bars =
        curves.stream()
            .flatMap(l -> Stream.of(l.bars(), l.thick()))
            .filter(Objects::nonNull)
            .flatMapToDouble(b -> DoubleStream.concat(of(b.low()), of(b.high())));
    DoubleStream bands =
        areas.stream().flatMapToDouble(a -> DoubleStream.concat(of(a.low()), of(a.high())));
    DoubleStream all = DoubleStream.concat(values, DoubleStream.concat(bars, bands));
    return Axis.around(yLabel, all.filter(v -> !yLog || v > 0), yLog);
  }

  private static DoubleStream of(double[] values) {
    return Arrays.stream(values);
  }
}
