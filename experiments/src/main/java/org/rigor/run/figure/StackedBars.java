// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.List;

/**
 * Horizontal bars, one above the other, each divided into the parts of a whole, with a legend.
 *
 * @param title heading
 * @param xLabel label of the horizontal axis, from 0 to 100 %
 * @param parts names of the parts, in drawing order
 * @param bars at least one
 */
public record StackedBars(String title, String xLabel, List<String> parts, List<Bar> bars) {

  /**
   * One bar.
   *
   * @param shares of the parts; a negative share is drawn as 0 and the bar rescaled to end at 1
   */
  public record Bar(String name, double[] shares) {}

  private static final double WIDTH = 860;
  private static final double LEFT = 190;
  private static final double RIGHT = 630;
  private static final double TOP = 44;
  private static final double ROW = 44;

  /** Returns the figure. */
  public String svg() {
    double bottom = TOP + Math.max(bars.size() * ROW, 22 * parts.size()) + 6;
    Svg svg = new Svg(WIDTH, bottom + 60, title);
    svg.text(20, 24, "start", 16, "font-weight=\"bold\"", title);
    Axis axis = new Axis(xLabel, 0, 1, false);
    for (Axis.Tick t : axis.ticks(5)) {
      double x = axis.at(t.value(), LEFT, RIGHT);
      svg.line(x, TOP, x, bottom, "stroke=\"#e3e3e3\"");
      svg.line(x, bottom, x, bottom + 5, "stroke=\"#1a1a1a\"");
      svg.text(x, bottom + 19, "middle", 13, "", Axis.show(100 * t.value()));
    }
    svg.line(LEFT, bottom, RIGHT, bottom, "stroke=\"#1a1a1a\"");
    svg.text((LEFT + RIGHT) / 2, bottom + 42, "middle", 14, "", xLabel);
    double y = TOP + ROW / 2;
    for (Bar b : bars) {
      svg.text(LEFT - 12, y + 4.5, "end", 13, "", b.name());
      bar(svg, axis, b, y);
      y += ROW;
    }
    for (int i = 0; i < parts.size(); i++) {
      double at = TOP + 11 + 22 * i;
      svg.rect(RIGHT + 22, at - 7, 22, 14, fill(i));
      svg.text(RIGHT + 52, at + 4.5, "start", 13, "", parts.get(i));
    }
    return svg.document();
  }

  private static void bar(Svg svg, Axis axis, Bar b, double y) {
    double sum = 0;
    for (double s : b.shares()) {
      sum += Math.max(0, s);
    }
    double from = 0;
    for (int i = 0; i < b.shares().length; i++) {
      double share = Math.max(0, b.shares()[i]) / sum;
      double left = axis.at(from, LEFT, RIGHT);
      double right = axis.at(from + share, LEFT, RIGHT);
      svg.rect(left, y - 12, right - left, 24, fill(i));
      if (share >= 0.08) {
        String text = Math.round(100 * b.shares()[i]) + " %";
        svg.text((left + right) / 2, y + 4.5, "middle", 12, "font-weight=\"bold\"", text);
      }
      from += share;
    }
  }

  /** Returns the fill of a part; beyond the palette's six colours they repeat in a paler tone. */
  private static String fill(int i) {
    return "fill=\"%s\" fill-opacity=\"%s\" stroke=\"#ffffff\""
        .formatted(Palette.colour(i), i < 6 ? "0.5" : "0.22");
  }
}
