// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import org.rigor.ir.Value;
import org.rigor.op.F;

/** The range every input element must stay in; infinite ends for none. */
public record Box(double low, double high) {
  public static final Box UNIT = new Box(0, 1);
  public static final Box NONE = new Box(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  /**
   * @throws IllegalArgumentException unless low < high
   */
  public Box {
    if (!(low < high)) {
      throw new IllegalArgumentException("box: low must be below high, got " + low + "," + high);
    }
  }

  public boolean isBounded() {
    return low > Double.NEGATIVE_INFINITY || high < Double.POSITIVE_INFINITY;
  }

  /** Nearest point of the box, elementwise. */
  public Value clip(Value x) {
    return isBounded() ? F.clamp(x, low, high) : x;
  }
}
