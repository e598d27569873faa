// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A table of text.
 *
 * @param columns headings
 * @param rows rows with one cell per column
 * @param left number of columns aligned left; the others are aligned right
 */
public record Table(List<String> columns, List<List<String>> rows, int left) {
  /** Creates a table with its first column aligned left. */
  public Table(List<String> columns, List<List<String>> rows) {
    this(columns, rows, 1);
  }

  public Table {
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "a row has %d cells for %d columns".formatted(row.size(), columns.size()));
      }
    }
  }

  /** Returns the table in fixed-width text. */
  public String text() {
    int n = columns.size();
    int[] width = new int[n];
    List<List<String>> all = new ArrayList<>();
    all.add(columns);
    all.addAll(rows);
    for (List<String> row : all) {
      for (int i = 0; i < n; i++) {
        width[i] = Math.max(width[i], row.get(i).length());
      }
    }
    StringBuilder out = new StringBuilder();
    for (int r = 0; r < all.size(); r++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < n; i++) {
        String cell = all.get(r).get(i);
        String pad = " ".repeat(width[i] - cell.length());
        line.append(i == 0 ? "" : "  ").append(i < left ? cell + pad : pad + cell);
      }
      out.append(line.toString().stripTrailing()).append('\n');
      if (r == 0) {
        int total = 2 * (n - 1);
        for (int w : width) {
          total += w;
        }
        out.append("-".repeat(total)).append('\n');
      }
    }
    return out.toString();
  }
}
