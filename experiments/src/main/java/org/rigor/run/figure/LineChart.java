// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Curves over one quantity, with areas between curves, two kinds of error bars and a legend.
 *
 * @param title heading
 * @param x horizontal axis
 * @param y vertical axis
 * @param curves at least one
 * @param areas drawn below the curves
 * @param barText what narrow error bars are, for the legend
 */
public record LineChart(
    String title, Scale x, Scale y, List<Line> curves, List<Area> areas, String barText) {

  /** A chart whose narrow bars are 95 % intervals over images. */
  public LineChart(String title, Scale x, Scale y, List<Line> curves, List<Area> areas) {
    this(title, x, y, curves, areas, "95 % over images");
  }

  /** How a curve is drawn. */
  public enum Style {
    /** A solid line, with points where there are few. */
    SOLID,
    /** A dashed line, with open points where there are few. */
    DASHED,
    /** A solid staircase: each value holds from the previous point to its own. */
    UP_TO,
    /** A dashed staircase: each value holds from its own point to the next. */
    FROM,
    /** A solid line without points: a curve, not measurements. */
    CURVE,
    /** Points joined by a thin line. */
    POINTS,
    /** Open points without a line, such as those over their curve. */
    MARKS
  }

  /**
   * One curve.
   *
   * @param name in the legend
   * @param colour index into the palette
   * @param style how it is drawn
   * @param x ascending, but for marks
   * @param y values; NaN, and values that a logarithmic axis cannot show, leave a gap
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
      return style == Style.DASHED || style == Style.FROM;
    }

    private double width() {
      return style == Style.POINTS ? 1 : 2.2;
    }

    /** Returns the dashes of a curve; the second curve of a colour is dotted. */
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

    private boolean stairs() {
      return style == Style.UP_TO || style == Style.FROM;
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

  /** The area between two curves; without a name it has no entry in the legend. */
  public record Area(String name, int colour, double[] x, double[] low, double[] high) {}

  private static final String INK = "#1a1a1a";
  private static final double WIDTH = 860;
  private static final double HEIGHT = 470;
  private static final double LEFT = 70;
  private static final double RIGHT = 610;
  private static final double TOP = 44;
  private static final double BOTTOM = 410;
  private static final double NAMES = RIGHT + 60;

  /** Returns the figure. */
  public String svg() {
    Axis xa = xAxis();
    Axis ya = yAxis();
    Svg svg = new Svg(WIDTH, Math.max(HEIGHT, TOP + legend(null).height() + 20), title);
    svg.text(
        LEFT, 24, "start", fit(16, 0.85 * (WIDTH - LEFT), title), "font-weight=\"bold\"", title);
    frame(svg, xa, ya);
    areas.forEach(a -> area(svg, a, xa, ya));
    for (int c = 0; c < curves.size(); c++) {
      // Offset the bars of different curves at one x by a few pixels.
      boolean marks = curves.get(c).style() == Style.MARKS;
      curve(svg, curves.get(c), xa, ya, marks ? 0 : 3 * (c - (curves.size() - 1) / 2.0));
    }
    legend(svg).draw(svg, NAMES, TOP + 2);
    return svg.document();
  }

  /** Returns the font size that fits a text into the room; a character takes about 0.55 em. */
  private static double fit(double size, double room, String text) {
    return Math.min(size, room / (0.55 * Math.max(1, text.length())));
  }

  private void frame(Svg svg, Axis xa, Axis ya) {
    for (Axis.Tick t : apart(xa)) {
      double at = xa.at(t.value(), LEFT, RIGHT);
      svg.line(at, TOP, at, BOTTOM, "stroke=\"#e3e3e3\"");
      svg.line(at, BOTTOM, at, BOTTOM + 5, "stroke=\"#1a1a1a\"");
      svg.text(at, BOTTOM + 20, "middle", 13, "", t.text());
    }
    for (Axis.Tick t : ya.ticks(6)) {
      double at = ya.at(t.value(), BOTTOM, TOP);
      svg.line(LEFT, at, RIGHT, at, "stroke=\"#e3e3e3\"");
      svg.line(LEFT - 5, at, LEFT, at, "stroke=\"#1a1a1a\"");
      String text = y.share() ? Axis.show(100 * t.value()) : t.text();
      svg.text(LEFT - 9, at + 4.5, "end", fit(13, LEFT - 32, text), "", text);
    }
    svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, "stroke=\"#1a1a1a\"");
    svg.line(LEFT, TOP, LEFT, BOTTOM, "stroke=\"#1a1a1a\"");
    svg.text((LEFT + RIGHT) / 2, BOTTOM + 45, "middle", fit(14, RIGHT, x.label()), "", x.label());
    double middle = (TOP + BOTTOM) / 2;
    String turned = "transform=\"rotate(-90 18 %.0f)\"".formatted(middle);
    svg.text(18, middle, "middle", fit(14, BOTTOM, y.label()), turned, y.label());
  }

  /** Returns as many ticks as their texts leave room for. */
  private static List<Axis.Tick> apart(Axis axis) {
    List<Axis.Tick> ticks = axis.ticks(8);
    for (int about : new int[] {6, 4, Axis.LEAST_TICKS}) {
      int longest = ticks.stream().mapToInt(t -> t.text().length()).max().orElse(1);
      if (ticks.size() * (longest + 2) * 0.55 * 13 <= RIGHT - LEFT) {
        break;
      }
      ticks = axis.ticks(about);
    }
    return ticks;
  }

  private static void area(Svg svg, Area a, Axis xa, Axis ya) {
    int n = a.x().length;
    double[] px = new double[2 * n];
    double[] py = new double[2 * n];
    for (int i = 0; i < n; i++) {
      px[i] = px[2 * n - 1 - i] = xa.at(a.x()[i], LEFT, RIGHT);
      py[i] = ya.at(a.high()[i], BOTTOM, TOP);
      py[2 * n - 1 - i] = ya.at(a.low()[i], BOTTOM, TOP);
    }
    String colour = Palette.colour(a.colour());
    svg.path(px, py, true, "fill=\"%s\" fill-opacity=\"0.14\"".formatted(colour));
    for (int i = 0; i < n; i += 1 + n / 20) {
      if (ya.cuts(a.low()[i])) {
        svg.beyond(px[i], BOTTOM - 5, 0, 1, colour);
      }
    }
  }

  private void curve(Svg svg, Line line, Axis xa, Axis ya, double shift) {
    String colour = Palette.colour(line.colour());
    String thin = "stroke=\"%s\" stroke-width=\"1\"".formatted(colour);
    String wide = "stroke=\"%s\" stroke-width=\"3.2\" stroke-opacity=\"0.75\"".formatted(colour);
    int n = line.x().length;
    int from = 0;
    for (int i = 0; i <= n; i++) {
      if (i < n && shown(line, i)) {
        double at = xa.at(line.x()[i], LEFT, RIGHT) + shift;
        bar(svg, line.bars(), i, at, ya, thin, 3);
        bar(svg, line.thick(), i, at, ya, wide, 0);
      } else {
        stretch(svg, line, from, i, xa, ya);
        from = i + 1;
      }
    }
  }

  /** Draws a part of a curve without gaps. */
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
    if (line.stairs()) {
      stairs(svg, line, px, py, xa);
    } else if (line.style() != Style.MARKS) {
      svg.path(px, py, false, line.stroke());
    }
    for (int i = 0; i < px.length && line.marked(); i++) {
      svg.circle(px[i], py[i], 2.6, line.mark());
    }
  }

  /** Draws each value as far as it holds, with thin risers between them to guide the eye. */
  private void stairs(Svg svg, Line line, double[] px, double[] py, Axis xa) {
    boolean upTo = line.style() == Style.UP_TO;
    String riser =
        "stroke=\"%s\" stroke-width=\"0.8\" stroke-opacity=\"0.6\""
            .formatted(Palette.colour(line.colour()));
    DoubleSummaryStatistics all =
        curves.stream().flatMapToDouble(l -> of(l.x())).summaryStatistics();
    double least = xa.at(all.getMin(), LEFT, RIGHT);
    double most = xa.at(all.getMax(), LEFT, RIGHT);
    for (int i = 0; i < px.length; i++) {
      double from = upTo ? (i == 0 ? least : px[i - 1]) : px[i];
      double to = upTo ? px[i] : i + 1 < px.length ? px[i + 1] : most;
      if (to > from) {
        svg.path(new double[] {from, to}, new double[] {py[i], py[i]}, false, line.stroke());
      }
      if (i > 0) {
        double at = upTo ? px[i - 1] : px[i];
        svg.line(at, py[i - 1], at, py[i], riser);
      }
    }
  }

  private boolean shown(Line line, int i) {
    double atX = line.x()[i];
    double atY = line.y()[i];
    return Double.isFinite(atX)
        && Double.isFinite(atY)
        && (!x.log() || atX > 0)
        && (!y.log() || atY > 0);
  }

  private static void bar(Svg svg, Bars bars, int i, double at, Axis ya, String style, double cap) {
    if (bars == null || Double.isNaN(bars.low()[i])) {
      return;
    }
    double low = ya.at(bars.low()[i], BOTTOM, TOP);
    double high = ya.at(bars.high()[i], BOTTOM, TOP);
    svg.line(at, low, at, high, style);
    if (cap > 0) {
      svg.line(at - cap, low, at + cap, low, style);
      svg.line(at - cap, high, at + cap, high, style);
    }
    if (ya.cuts(bars.low()[i])) {
      svg.beyond(at, BOTTOM - 5, 0, 1, INK);
    }
    if (ya.cuts(bars.high()[i])) {
      svg.beyond(at, TOP + 5, 0, -1, INK);
    }
  }

  /**
   * @param svg where signs are drawn when the legend is
   */
  private Legend legend(Svg svg) {
    Legend legend = new Legend(WIDTH - NAMES - 8);
    for (Line line : curves) {
      legend.add(
          line.name(),
          0,
          at -> {
            if (line.style() != Style.MARKS) {
              svg.line(RIGHT + 18, at, RIGHT + 52, at, line.stroke());
            }
            if (line.pointed()) {
              svg.circle(RIGHT + 35, at, 2.6, line.mark());
            }
          });
    }
    for (Area a : areas.stream().filter(a -> !a.name().isEmpty()).toList()) {
      String fill = "fill=\"%s\" fill-opacity=\"0.14\"".formatted(Palette.colour(a.colour()));
      legend.add(a.name(), 0, at -> svg.rect(RIGHT + 18, at - 7, 34, 14, fill));
    }
    if (curves.stream().anyMatch(c -> c.bars() != null)) {
      String thin = "stroke=\"%s\"".formatted(INK);
      legend.add(
          barText,
          4,
          at -> {
            svg.line(RIGHT + 35, at - 8, RIGHT + 35, at + 8, thin);
            svg.line(RIGHT + 32, at - 8, RIGHT + 38, at - 8, thin);
            svg.line(RIGHT + 32, at + 8, RIGHT + 38, at + 8, thin);
          });
    }
    if (curves.stream().anyMatch(c -> c.thick() != null)) {
      String wide = "stroke=\"%s\" stroke-width=\"3.2\"".formatted(INK);
      legend.add(
          "95 % over seeds", 4, at -> svg.line(RIGHT + 35, at - 8, RIGHT + 35, at + 8, wide));
    }
    return legend;
  }

  private Axis xAxis() {
    DoubleStream all =
        curves.stream().flatMapToDouble(l -> Arrays.stream(l.x())).filter(v -> !x.log() || v > 0);
    Axis axis = Axis.around(x.label(), all, x.log());
    return x.whole() && !x.log() ? axis.ofWholeNumbers() : axis;
  }

  private Axis yAxis() {
    if (y.share()) {
      return new Axis(y.label(), 0, 1.02, false);
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
    return Axis.around(y.label(), all.filter(v -> !y.log() || v > 0), y.log());
  }

  private static DoubleStream of(double[] values) {
    return Arrays.stream(values);
  }
}
