// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;

/** Salt and pepper: a share c of the values becomes 0 or 1, with equal probability. */
public record ImpulseNoise() implements Corruption {
  @Override
  public String name() {
    return "impulse-noise";
  }

  @Override
  public String differs() {
    return "in nothing but the generator of the noise";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double c = Corruption.constant(severity, 0.01, 0.02, 0.03, 0.05, 0.07);
    Value u = draws.unit("corruption/" + name(), x.dtype(), GaussianNoise.image(x));
    Value pepper = F.lt(u, F.constant(u, c / 2));
    Value salt = F.lt(u, F.constant(u, c));
    Value spoilt = F.select(pepper, F.constant(x, 0), F.constant(x, 1));
    return F.select(salt, spoilt, x);
  }
}
