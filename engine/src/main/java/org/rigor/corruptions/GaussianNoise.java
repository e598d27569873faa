// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/** x + c N(0, 1), clipped. */
public record GaussianNoise() implements Corruption {
  @Override
  public String name() {
    return "gaussian-noise";
  }

  @Override
  public String differs() {
    return "in nothing but the generator of the noise";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double c = Corruption.constant(severity, 0.04, 0.06, 0.08, 0.09, 0.10);
    Value noise = draws.normal("corruption/" + name(), x.dtype(), image(x));
    return Pixels.clip(F.add(x, F.mul(noise, c)));
  }

  /** Returns the extents of one image. */
  static Shape image(Value x) {
    return Shape.of(Pixels.height(x), Pixels.width(x), x.shape().dim(4));
  }
}
