// SPDX-License-Identifier: Apache-2.0
package org.rigor.property;

import java.math.BigDecimal;
import java.util.List;

/**
 * Set of unsafe points: inputs in a box that, with their outputs, meet every row.
 *
 * @param box bounded; what it says of an input exactly is not among the rows
 * @param rows may be empty, if every input of the box is unsafe
 */
public record Clause(InputBox box, List<Row> rows) {
  public Clause {
    rows = List.copyOf(rows);
  }

  /** Returns whether inputs lie in the box and meet the rows that constrain inputs alone. */
  public boolean contains(BigDecimal[] x) {
    return box.contains(x)
        && rows.stream().filter(Row::onInputs).allMatch(r -> r.holds(r.form().atInputs(x)));
  }

  /**
   * Returns whether a point is certainly unsafe: inputs within the clause and every row met by all
   * outputs between the sides.
   *
   * @param x exact inputs
   */
  public boolean certainlyHolds(BigDecimal[] x, double[] lower, double[] upper) {
    return contains(x) && rows.stream().allMatch(r -> r.certainlyHolds(x, lower, upper));
  }
}
