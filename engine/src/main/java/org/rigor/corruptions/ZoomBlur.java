// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;

/** The mean of an image and its enlargements by 1, 1.01, 1.02, ... */
public record ZoomBlur() implements Corruption {
  private static final double STEP = 0.01;

  @Override
  public String name() {
    return "zoom-blur";
  }

  @Override
  public String differs() {
    return "in nothing but rounding; images that are not square are enlarged along both axes alike";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    // The original excludes these ends, but rounding includes the first two.
    double end = Corruption.constant(severity, 1.06, 1.11, 1.16, 1.21, 1.26);
    int factors = (int) Math.ceil((end - 1) / STEP);
    Value sum = F.add(x, x); // the image itself and its enlargement by 1
    for (int i = 1; i < factors; i++) {
      sum = F.add(sum, Zoom.in(x, 1 + i * STEP));
    }
    return Pixels.clip(F.mul(sum, 1.0 / (factors + 1)));
  }
}
