// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import java.util.List;
import org.rigor.ir.Interval;
import org.rigor.ir.Value;

/** What a cell knows of a value z [M, B, units...]. */
interface Restriction {
  /**
   * Coefficients times z - point, which add at most 0 to a bound in the cell.
   *
   * @param coefficients [M, 1, B, units...]
   * @param point [M, B, units...]; null for 0
   */
  record Term(Value coefficients, Value point) {}

  /** Returns the sides of z in the cell; in an empty cell the lower one may be above. */
  Interval within(Interval z);

  List<Term> terms();
}
