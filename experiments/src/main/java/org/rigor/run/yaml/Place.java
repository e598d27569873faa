// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

/**
 * The position of a piece of YAML.
 *
 * @param source file name as the user gave it, or {@code <override>} or {@code <default>}
 * @param line line number from 1
 * @param column column number from 1
 * @param text the whole line
 */
public record Place(String source, int line, int column, String text) {

  /** Returns {@code source:line:column}, or the source alone for text that has no lines. */
  String head() {
    return source.startsWith("<") ? source : source + ":" + line + ":" + column;
  }

  /** Returns the line and a caret below the column, indented. */
  String excerpt() {
    String shown = text;
    int caret = column - 1;
    if (shown.length() > 120) {
      int from = Math.max(0, Math.min(caret - 60, shown.length() - 120));
      shown = shown.substring(from, Math.min(shown.length(), from + 120));
      caret -= from;
    }
    StringBuilder pad = new StringBuilder();
    for (int i = 0; i < caret; i++) {
      pad.append(i < shown.length() && shown.charAt(i) == '\t' ? '\t' : ' ');
    }
    String number = source.startsWith("<") ? "" : Integer.toString(line);
    return "%6s | %s%n%6s | %s^".formatted(number, shown, "", pad);
  }
}
