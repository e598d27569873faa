// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.Locale;

/**
 * A writer of SVG elements. It escapes text and prints at most two decimals. Colours are those of a
 * light page; the document's style sheet replaces them for readers who prefer a dark one.
 */
final class Svg {
  static final String FONT = "font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\"";

  private final StringBuilder out = new StringBuilder();
  private final double width;
  private final double height;

  Svg(double width, double height, String title) {
    this.width = width;
    this.height = height;
    out.append("<title>").append(escape(title)).append("</title>\n");
    out.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
  }

  Svg line(double x1, double y1, double x2, double y2, String style) {
    out.append(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" %s/>%n"
            .formatted(n(x1), n(y1), n(x2), n(y2), style));
    return this;
  }

  Svg rect(double x, double y, double w, double h, String style) {
    out.append(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" %s/>%n"
            .formatted(n(x), n(y), n(w), n(h), style));
    return this;
  }

  Svg circle(double x, double y, double r, String style) {
    out.append("<circle cx=\"%s\" cy=\"%s\" r=\"%s\" %s/>%n".formatted(n(x), n(y), n(r), style));
    return this;
  }

  /** Adds a path through points, closed if it bounds an area. */
  Svg path(double[] x, double[] y, boolean area, String style) {
    StringBuilder d = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      d.append(i == 0 ? "M" : " L").append(n(x[i])).append(' ').append(n(y[i]));
    }
    out.append("<path d=\"%s%s\" %s/>%n".formatted(d, area ? " Z" : "", style));
    return this;
  }

  /**
   * @param anchor {@code start}, {@code middle} or {@code end}
   */
  Svg text(double x, double y, String anchor, double size, String extra, String text) {
    out.append(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" font-size=\"%s\" fill=\"#1a1a1a\" %s>%s</text>%n"
            .formatted(n(x), n(y), anchor, n(size), extra, escape(text)));
    return this;
  }

  Svg image(double x, double y, double w, double h, String dataUri) {
    out.append(
        "<image x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" href=\"%s\" %s/>%n"
            .formatted(n(x), n(y), n(w), n(h), dataUri, "style=\"image-rendering:pixelated\""));
    return this;
  }

  /** Adds a small triangle at an edge: the marked range extends beyond it. */
  Svg beyond(double x, double y, double dx, double dy, String colour) {
    double[] px = {x + 5 * dx, x - 4 * dy, x + 4 * dy};
    double[] py = {y + 5 * dy, y - 4 * dx, y + 4 * dx};
    return path(px, py, true, "class=\"beyond\" fill=\"%s\"".formatted(colour));
  }

  /** Returns the whole document. */
  String document() {
    return ("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\""
            + " viewBox=\"0 0 %s %s\" role=\"img\" %s>%n%s%s</svg>%n")
        .formatted(n(width), n(height), n(width), n(height), FONT, Palette.dark(), out);
  }

  static String escape(String text) {
    StringBuilder s = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> s.append("&amp;");
                case '<' -> s.append("&lt;");
                case '>' -> s.append("&gt;");
                case '"' -> s.append("&quot;");
                case '\'' -> s.append("&#39;");
                default -> {
                  // XML 1.0 forbids all other control characters, escaped or not.
                  if (c >= 0x20 || c == '\n' || c == '\t') {
                    s.appendCodePoint(c);
                  }
                }
              }
            });
    return s.toString();
  }

  private static String n(double v) {
    if (!Double.isFinite(v)) {
      throw new IllegalArgumentException("a coordinate must be finite, got " + v);
    }
    String s = String.format(Locale.ROOT, "%.2f", v);
    return s.contains(".") ? s.replaceAll("0+$", "").replaceAll("\\.$", "") : s;
  }
}
