// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;

/** Names beside a chart, each behind a sign and wrapped between words. */
final class Legend {
  private static final double LINE = 15;
  private static final double GAP = 7;

  /** Width of a character of 13 pixels: about 0.55 em. */
  private static final double CHARACTER = 0.55 * 13;

  /**
   * One name.
   *
   * @param sign draws its sign around a height
   */
  private record Entry(DoubleConsumer sign, List<String> lines, double space) {}

  private final double width;
  private final List<Entry> entries = new ArrayList<>();

  /**
   * @param width room for the text
   */
  Legend(double width) {
    this.width = width;
  }

  /** Adds a name; {@code space} is left free above and below it. */
  void add(String text, double space, DoubleConsumer sign) {
    entries.add(new Entry(sign, broken(text), space));
  }

  /** Returns the height of all names together. */
  double height() {
    return entries.stream().mapToDouble(Legend::height).sum();
  }

  private static double height(Entry e) {
    return GAP + LINE * e.lines.size() + 2 * e.space;
  }

  /** Draws from the top down. */
  void draw(Svg svg, double x, double top) {
    double y = top;
    for (Entry e : entries) {
      double at = y + e.space + LINE / 2;
      e.sign.accept(at);
      for (int i = 0; i < e.lines.size(); i++) {
        String line = e.lines.get(i);
        double size = Math.min(13, 13 * width / (CHARACTER * Math.max(1, line.length())));
        svg.text(x, at + LINE * i + 4.5, "start", size, "", line);
      }
      y += height(e);
    }
  }

  private List<String> broken(String text) {
    List<String> out = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (line.length() > 0 && (line.length() + 1 + word.length()) * CHARACTER > width) {
        out.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    out.add(line.toString());
    return out;
  }
}
