// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.figure;

import java.util.List;

/**
 * Colours that colour-blind readers can tell apart (Okabe and Ito 2008): dark enough on white, with
 * lighter ones for dark pages.
 */
final class Palette {
  private static final List<String> COLOURS =
      List.of("#0072B2", "#D55E00", "#009E73", "#AA3377", "#8A6D00", "#555555");

  private static final List<String> ON_DARK =
      List.of("#56B4E9", "#F0904E", "#35C79B", "#E088B8", "#E3C04A", "#B0B0B0");

  /** Page, ink, grid and frame colours. */
  private static final List<String> PAGE = List.of("#ffffff", "#1a1a1a", "#e3e3e3", "#888888");

  private static final List<String> PAGE_ON_DARK =
      List.of("#121212", "#e8e8e8", "#3a3a3a", "#888888");

  private Palette() {}

  /** Returns the style sheet that changes all colours on a dark page. */
  static String dark() {
    StringBuilder css = new StringBuilder("<style>@media (prefers-color-scheme: dark){");
    for (int i = 0; i < COLOURS.size(); i++) {
      change(css, COLOURS.get(i), ON_DARK.get(i));
    }
    for (int i = 0; i < PAGE.size(); i++) {
      change(css, PAGE.get(i), PAGE_ON_DARK.get(i));
    }
    return css.append("}</style>\n").toString();
  }

  private static void change(StringBuilder css, String light, String dark) {
    for (String what : List.of("fill", "stroke")) {
      css.append("svg [%s=\"%s\"]{%s:%s}".formatted(what, light, what, dark));
    }
  }

  /** Returns whether a smaller index has the same colour. */
  static boolean again(int i) {
    return i >= COLOURS.size();
  }

  static String colour(int i) {
    return COLOURS.get(i % COLOURS.size());
  }
}
