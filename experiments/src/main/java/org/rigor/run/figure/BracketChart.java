// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.List;
import java.util.Locale;

/**
 * Brackets around quantities, one row each, on one logarithmic axis per panel. A triangle at an
 * edge marks an interval that extends beyond it.
 *
 * @param title heading
 * @param panels from top to bottom
 */
public record BracketChart(String title, List<Panel> panels) {

  /** One quantity of every method. */
  public record Panel(String label, List<Row> rows) {}

  /**
   * One bracket.
   *
   * @param name on the left
   * @param colour index into the palette
   * @param low lower side, positive
   * @param lowFrom lower limit of the interval around the lower side; NaN for none
   * @param lowTo its upper limit
   * @param high upper side
   * @param highFrom lower limit of the interval around the upper side; NaN for none
   * @param highTo its upper limit
   */
  public record Row(
      String name,
      int colour,
      double low,
      double lowFrom,
      double lowTo,
      double high,
      double highFrom,
      double highTo) {}

  private static final double WIDTH = 860;
  private static final double LEAST_LEFT = 190;
  private static final double MOST_LEFT = 470;
  private static final double RIGHT = 820;
  private static final double ROW = 40;

  /** Returns the figure. */
  public String svg() {
    double height = 40;
    for (Panel p : panels) {
      height += panelHeight(p);
    }
    Svg svg = new Svg(WIDTH, height, title);
    svg.text(20, 24, "start", 16, "font-weight=\"bold\"", title);
    double left = left();
    double y = 44;
    for (Panel p : panels) {
      panel(svg, p, y, left);
      y += panelHeight(p);
    }
    return svg.document();
  }

  /** Returns the width of the names, set 13 pixels high. */
  private double left() {
    int longest =
        panels.stream()
            .flatMap(p -> p.rows().stream())
            .mapToInt(r -> r.name().length())
            .max()
            .orElse(0);
    return Math.max(LEAST_LEFT, Math.min(MOST_LEFT, 24 + 6.6 * longest));
  }

  private static double panelHeight(Panel p) {
    return p.rows().size() * ROW + 66;
  }

  private static void panel(Svg svg, Panel p, double top, double left) {
    double min = p.rows().stream().mapToDouble(Row::low).min().orElse(1);
    double max = p.rows().stream().mapToDouble(Row::high).max().orElse(1);
    Axis axis = Axis.around(p.label(), min / 1.2, max * 1.2, true);
    double bottom = top + p.rows().size() * ROW + 6;
    for (Axis.Tick t : axis.ticks(9)) {
      double x = axis.at(t.value(), left, RIGHT);
      svg.line(x, top, x, bottom, "stroke=\"#e3e3e3\"");
      svg.line(x, bottom, x, bottom + 5, "stroke=\"#1a1a1a\"");
      svg.text(x, bottom + 19, "middle", 13, "", t.text());
    }
    svg.line(left, bottom, RIGHT, bottom, "stroke=\"#1a1a1a\"");
    svg.text((left + RIGHT) / 2, bottom + 40, "middle", 14, "", p.label());
    double y = top + ROW / 2 + 4;
    for (Row r : p.rows()) {
      String colour = Palette.colour(r.colour());
      double from = axis.at(r.low(), left, RIGHT);
      double to = axis.at(r.high(), left, RIGHT);
      svg.text(left - 12, y + 4.5, "end", 13, "", r.name());
      svg.rect(
          from,
          y - 5,
          Math.max(0, to - from),
          10,
          "fill=\"%s\" fill-opacity=\"0.16\"".formatted(colour));
      whisker(svg, axis, left, r.lowFrom(), r.lowTo(), y, colour);
      whisker(svg, axis, left, r.highFrom(), r.highTo(), y, colour);
      svg.circle(
          from, y, 4.5, "fill=\"#ffffff\" stroke-width=\"2\" stroke=\"%s\"".formatted(colour));
      svg.circle(to, y, 4.5, "fill=\"%s\"".formatted(colour));
      numbers(svg, from, to, y - 10, r);
      y += ROW;
    }
  }

  /** Writes both numbers above their dots, or beside them where the dots are close. */
  private static void numbers(Svg svg, double from, double to, double y, Row r) {
    String low = number(r.low());
    String high = number(r.high());
    double need = 0.55 * 12 * (low.length() + high.length()) / 2 + 6;
    if (to - from >= need) {
      svg.text(from, y, "middle", 12, "", low);
      svg.text(to, y, "middle", 12, "", high);
    } else {
      svg.text((from + to) / 2 - 3, y, "end", 12, "", low);
      svg.text((from + to) / 2 + 3, y, "start", 12, "", high);
    }
  }

  private static void whisker(
      Svg svg, Axis axis, double left, double from, double to, double y, String colour) {
    if (!Double.isNaN(from)) {
      if (axis.cuts(from)) {
        svg.beyond(left + 5, y, -1, 0, colour);
      }
      if (axis.cuts(to)) {
        svg.beyond(RIGHT - 5, y, 1, 0, colour);
      }
      svg.line(
          axis.at(from, left, RIGHT),
          y,
          axis.at(to, left, RIGHT),
          y,
          "stroke=\"%s\" stroke-width=\"2.5\"".formatted(colour));
    }
  }

  private static String number(double v) {
    boolean plain = v >= 0.1 && v < 1e5;
    return plain
        ? String.format(Locale.ROOT, v >= 100 ? "%.0f" : v >= 10 ? "%.1f" : "%.2f", v)
        : Axis.show(v, Math.pow(10, Math.floor(Math.log10(v)) - 2));
  }
}
