// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.study;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The comment at the top of a study's file: {@code # Claim: ...}, {@code # Source: ...}, {@code #
 * Expected: ...}, {@code # Run time: ...} and any other entry of this form. Other comment lines
 * continue the entry before them.
 *
 * @param entries by name, in order
 */
public record StudyHeader(Map<String, String> entries) {
  private static final Pattern ENTRY = Pattern.compile("#\\s?([A-Z][A-Za-z ]{1,20}):\\s*(.*)");

  /** Reads the comment at the top of a text. */
  public static StudyHeader of(String text) {
    Map<String, String> out = new LinkedHashMap<>();
    String last = null;
    for (String line : text.lines().toList()) {
      if (!line.startsWith("#")) {
        break;
      }
      Matcher m = ENTRY.matcher(line);
      if (m.matches()) {
        last = m.group(1);
        out.put(last, m.group(2).strip());
      } else if (last != null) {
        out.merge(last, line.substring(1).strip(), (a, b) -> (a + " " + b).strip());
      }
    }
    return new StudyHeader(out);
  }

  /** Returns an entry, or the empty string. */
  public String get(String name) {
    return entries.getOrDefault(name, "");
  }
}
