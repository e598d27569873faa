// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.List;

/**
 * Pairs of pictures, before above after, in a row per group.
 *
 * @param title heading
 * @param groups from top to bottom
 */
public record PictureGrid(String title, List<Group> groups) {

  /** A row of pairs. */
  public record Group(String name, List<Pair> pairs) {}

  /**
   * @param caption two lines below the pair, split at the line break
   */
  public record Pair(
      float[] before, float[] after, int height, int width, int channels, String caption) {}

  private static final double SIZE = 76;
  private static final double GAP = 14;
  private static final int COLUMNS = 8;

  /** Returns the figure. */
  public String svg() {
    double height = 44;
    for (Group g : groups) {
      height += 30 + rows(g) * rowHeight();
    }
    double width = 90 + COLUMNS * (SIZE + GAP) + 10;
    Svg svg = new Svg(width, height, title);
    svg.text(20, 24, "start", 16, "font-weight=\"bold\"", title);
    double y = 60;
    for (Group g : groups) {
      svg.text(20, y, "start", 14, "", g.name());
      y += 12;
      for (int i = 0; i < g.pairs().size(); i++) {
        double top = y + (i / COLUMNS) * rowHeight();
        if (i % COLUMNS == 0) {
          svg.text(20, top + SIZE / 2 + 4, "start", 12, "", "clean");
          svg.text(20, top + 1.5 * SIZE + 8, "start", 12, "", "attacked");
        }
        pair(svg, g.pairs().get(i), 90 + (i % COLUMNS) * (SIZE + GAP), top);
      }
      y += 18 + rows(g) * rowHeight();
    }
    return svg.document();
  }

  private static double rowHeight() {
    return 2 * SIZE + 44;
  }

  private static int rows(Group g) {
    return (g.pairs().size() + COLUMNS - 1) / COLUMNS;
  }

  private static void pair(Svg svg, Pair p, double x, double y) {
    double scale = SIZE / Math.max(p.height(), p.width());
    double w = p.width() * scale;
    double h = Math.max(6, p.height() * scale);
    String frame = "fill=\"none\" stroke=\"#888888\"";
    svg.image(x, y, w, h, Png.dataUri(p.before(), p.height(), p.width(), p.channels()));
    svg.rect(x, y, w, h, frame);
    svg.image(x, y + SIZE + 4, w, h, Png.dataUri(p.after(), p.height(), p.width(), p.channels()));
    svg.rect(x, y + SIZE + 4, w, h, frame);
    double line = y + 2 * SIZE + 19;
    for (String text : p.caption().split("\n")) {
      svg.text(x + SIZE / 2, line, "middle", 12, "", text);
      line += 15;
    }
  }
}
