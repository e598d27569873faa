// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A count of what was compared, by kind, with the differences found. */
final class Tally {
  /** Number of differences shown. */
  private static final int SHOWN = 40;

  private final Map<String, Integer> compared = new LinkedHashMap<>();
  private final List<List<String>> differing = new ArrayList<>();

  /**
   * Compares two numbers.
   *
   * @param kind name in the plural, for the count
   * @param allowed largest difference; 0 requires equal bits
   */
  void number(String kind, String what, double before, double again, double allowed) {
    count(kind, 1);
    if (Double.compare(before, again) != 0 && !(Math.abs(before - again) <= allowed)) {
      differs(
          what,
          Double.toString(before),
          Double.toString(again),
          allowed == 0 ? "equal bits" : Format.number(allowed));
    }
  }

  /** Compares decisions on samples and counts those that differ. */
  void decisions(String kind, String what, boolean[] before, boolean[] again, int allowed) {
    count(kind, 1);
    if (before.length != again.length) {
      differs(what, before.length + " samples", again.length + " samples", "as many");
      return;
    }
    int other = 0;
    for (int i = 0; i < before.length; i++) {
      other += before[i] == again[i] ? 0 : 1;
    }
    if (other > allowed) {
      differs(
          what + ", samples decided otherwise",
          "of " + before.length,
          Integer.toString(other),
          Integer.toString(allowed));
    }
  }

  /** Compares two texts. */
  void text(String kind, String what, String before, String again) {
    count(kind, 1);
    if (!before.equals(again)) {
      differs(what, before, again, "equal");
    }
  }

  /** Counts something compared elsewhere. */
  void count(String kind, int n) {
    compared.merge(kind, n, Integer::sum);
  }

  void differs(String what, String before, String again, String allowed) {
    differing.add(List.of(what, before, again, allowed));
  }

  int compared() {
    return compared.values().stream().mapToInt(Integer::intValue).sum();
  }

  int different() {
    return differing.size();
  }

  /** Returns the kinds with their counts. */
  String kinds() {
    return String.join(
        ", ", compared.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).toList());
  }

  /** Returns the differences; empty if there are none. */
  String table() {
    if (differing.isEmpty()) {
      return "";
    }
    List<List<String>> rows = differing.subList(0, Math.min(SHOWN, differing.size()));
    return new Table(List.of("differs", "before", "again", "allowed"), rows).text()
        + (differing.size() > SHOWN ? "and %d more%n".formatted(differing.size() - SHOWN) : "")
        + "\n";
  }
}
