// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;

/** Contracts each channel towards its mean, keeping a share c of the distance. */
public record Contrast() implements Corruption {
  @Override
  public String name() {
    return "contrast";
  }

  @Override
  public String differs() {
    return "in nothing but rounding";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double c = Corruption.constant(severity, 0.75, 0.5, 0.4, 0.3, 0.15);
    Value mean = F.mean(x, 2, 3);
    return Pixels.clip(F.add(F.mul(F.sub(x, mean), c), mean));
  }
}
