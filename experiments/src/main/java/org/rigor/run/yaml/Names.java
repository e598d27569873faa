// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.yaml;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Spelling of keys: Java names in kebab-case, and the known name nearest to a misspelt one. */
public final class Names {
  private Names() {}

  /**
   * Returns a name in kebab-case: {@code batchSize} and {@code BATCH_SIZE} become {@code
   * batch-size}.
   */
  public static String kebab(String name) {
    StringBuilder out = new StringBuilder(name.length() + 4);
    char before = '_';
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean small = before >= 'a' && before <= 'z' || before >= '0' && before <= '9';
      out.append(small && c >= 'A' && c <= 'Z' ? "-" : "").append(c == '_' ? '-' : c);
      before = c;
    }
    return out.toString().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the nearest known name within a third of the length in edits, or else one that extends
   * or abbreviates the given one.
   */
  public static Optional<String> nearest(String wrong, Collection<String> known) {
    String w = kebab(wrong);
    Optional<String> near =
        known.stream()
            .filter(k -> distance(w, k) <= Math.max(1, Math.max(w.length(), k.length()) / 3))
            .min(Comparator.comparingInt((String k) -> distance(w, k)).thenComparing(k -> k));
    if (near.isPresent() || w.length() < 3) {
      return near;
    }
    return known.stream().filter(k -> k.startsWith(w) || w.startsWith(k)).sorted().findFirst();
  }

  /** Returns {@code "; did you mean 'x'?"} or the empty string. */
  public static String hint(String wrong, Collection<String> known) {
    return nearest(wrong, known).map(k -> "; did you mean '" + k + "'?").orElse("");
  }

  /** Returns the edit distance of two strings; swapping adjacent characters is one edit. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(d[i - 1][j - 1] + change, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
        boolean swap =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        d[i][j] = swap ? Math.min(best, d[i - 2][j - 2] + 1) : best;
      }
    }
    return d[a.length()][b.length()];
  }
}
