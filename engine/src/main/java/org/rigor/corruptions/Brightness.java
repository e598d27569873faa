// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;

/**
 * Adds c to the value (V of HSV), at most 1. At fixed hue and saturation a colour is proportional
 * to its value, so each pixel is scaled by the new value over the old; black becomes gray.
 */
public record Brightness() implements Corruption {
  @Override
  public String name() {
    return "brightness";
  }

  @Override
  public String differs() {
    return "in nothing but rounding";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double c = Corruption.constant(severity, 0.05, 0.1, 0.15, 0.2, 0.3);
    Value value = F.max(x, 4);
    Value more = Pixels.clip(F.add(value, c));
    Value coloured = F.gt(value, F.constant(value, 0));
    Value scale = F.div(more, F.select(coloured, value, F.constant(value, 1)));
    return Pixels.clip(F.select(coloured, F.mul(x, scale), more));
  }
}
