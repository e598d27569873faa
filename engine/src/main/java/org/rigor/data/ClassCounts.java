// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntFunction;

/** Sample counts of the classes, in words. */
final class ClassCounts {
  /** Longer lists are summarised, so that a hundred classes stay one line. */
  private static final int LISTED = 20;

  private ClassCounts() {}

  /** Returns the lines to show: the counts, then classes with one sample or none. */
  static List<String> notes(int[] labels, int classes, IntFunction<String> name) {
    TreeMap<Integer, Integer> counts = of(labels);
    List<String> all = new ArrayList<>();
    List<String> single = new ArrayList<>();
    counts.forEach(
        (label, count) -> {
          all.add("%s (%,d)".formatted(name.apply(label), count));
          if (count == 1) {
            single.add(name.apply(label));
          }
        });
    List<String> empty = new ArrayList<>();
    for (int c = 0; c < classes && empty.size() < LISTED; c++) {
      if (!counts.containsKey(c)) {
        empty.add(name.apply(c));
      }
    }
    List<String> lines = new ArrayList<>();
    lines.add("samples of each class: " + listed(all, all.size()));
    if (!single.isEmpty()) {
      lines.add("only one sample of class " + listed(single, single.size()));
    }
    if (!empty.isEmpty()) {
      lines.add("no sample of class " + listed(empty, classes - counts.size()));
    }
    return lines;
  }

  /** Returns the number of classes that have a sample. */
  static int present(int[] labels) {
    return of(labels).size();
  }

  // Not an array: a single label may claim a billion classes.
  private static TreeMap<Integer, Integer> of(int[] labels) {
    TreeMap<Integer, Integer> counts = new TreeMap<>();
    for (int label : labels) {
      counts.merge(label, 1, Integer::sum);
    }
    return counts;
  }

  private static String listed(List<String> items, int all) {
    String first = String.join(", ", items.subList(0, Math.min(LISTED, items.size())));
    return all <= LISTED ? first : first + " and %,d more".formatted(all - LISTED);
  }
}
