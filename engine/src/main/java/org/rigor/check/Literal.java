// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.util.Comparator;

/**
 * A restriction of a cell: {@code sign z >= 0} for an element z of what a bend reads.
 *
 * @param bend number among the bends of the graph
 * @param positive whether the sign is 1, else -1
 */
record Literal(int bend, int unit, boolean positive) {
  static final Comparator<Literal> ORDER =
      Comparator.comparingInt(Literal::bend)
          .thenComparingInt(Literal::unit)
          .thenComparing(Literal::positive);

  Literal opposite() {
    return new Literal(bend, unit, !positive);
  }

  @Override
  public String toString() {
    return "unit %d of bend %d %s 0".formatted(unit, bend, positive ? ">=" : "<=");
  }
}
