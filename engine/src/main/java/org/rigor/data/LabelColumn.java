// SPDX-License-Identifier: Apache-2.0
package org.rigor.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rigor.io.Csv;
import org.rigor.io.DataException;

/**
 * The column of a table that holds the labels. A guess must be unambiguous: labels that slip into
 * the inputs make every result wrong without looking suspicious.
 *
 * @param guessed whether the user did not name it
 */
record LabelColumn(int index, boolean guessed) {
  static final List<String> NAMES = List.of("label", "y", "class", "target");

  /**
   * Finds the column.
   *
   * @param asked the user's choice: a name, or an index from 0 in a table without names; empty to
   *     take the only column with a name in {@link #NAMES}, or the last of a table without names
   * @throws DataException if there is no such column, more than one, or a {@code y} among other
   *     columns, which may be a coordinate; the message lists the candidates
   */
  static LabelColumn of(String file, Csv table, String asked) {
    List<String> names = table.columns();
    if (!asked.isEmpty()) {
      if (!names.contains(asked)) {
        throw new DataException(
            "%s: has no column '%s' of labels; its columns are %s".formatted(file, asked, names));
      }
      return new LabelColumn(names.indexOf(asked), false);
    }
    if (!table.named()) {
      return new LabelColumn(names.size() - 1, true);
    }
    List<Integer> candidates = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (NAMES.contains(names.get(i).toLowerCase(Locale.ROOT))) {
        candidates.add(i);
      }
    }
    if (candidates.isEmpty()) {
      throw new DataException(
          "%s: has no column %s of labels; its columns are %s; name the right one with 'label'"
              .formatted(file, NAMES, names));
    }
    if (candidates.size() > 1) {
      throw new DataException(
          "%s: has more than one column that may hold the labels, %s; name the right one with 'label'"
              .formatted(file, candidates.stream().map(names::get).toList()));
    }
    int found = candidates.get(0);
    boolean outer = found == 0 || found == names.size() - 1;
    if (!outer && names.get(found).equalsIgnoreCase("y")) {
      throw new DataException(
          "%s: its column '%s' stands among others, %s, and may hold labels or a coordinate; name the right one with 'label'"
              .formatted(file, names.get(found), names));
    }
    return new LabelColumn(found, true);
  }

  /** Returns the line that says which column was taken, and how to choose another. */
  String note(Csv table) {
    String name = table.columns().get(index);
    int inputs = table.columns().size() - 1;
    String which =
        table.named()
            ? "the column '%s'".formatted(name)
            : "column %d of %d, which have no names".formatted(index + 1, inputs + 1);
    String how = guessed ? " (found; 'label: %s' says so)".formatted(name) : "";
    return "labels are %s%s, the other %,d are inputs".formatted(which, how, inputs);
  }
}
