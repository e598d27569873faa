// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.ir.Value;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/**
 * One-sided blur along a direction between -45 and 45 degrees, drawn per image. Severities 3 and 4
 * differ only in taps below 1e-9: their radii differ, their deviations do not.
 */
public record MotionBlur() implements Corruption {
  @Override
  public String name() {
    return "motion-blur";
  }

  @Override
  public String differs() {
    return "ImageMagick's rounding of the result to its quantum is left out";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double[] c =
        Corruption.constants(
            severity,
            new double[] {6, 1},
            new double[] {6, 1.5},
            new double[] {6, 2},
            new double[] {8, 2},
            new double[] {9, 2.5});
    return Pixels.clip(Blur.motion(x, c[0], c[1], angle(x, draws, name(), -45, 45)));
  }

  /** Draws an angle uniformly between two limits in degrees, in radians: [M, B, 1, 1]. */
  static Value angle(Value x, Randoms draws, String name, double from, double to) {
    double radian = Math.PI / 180;
    return draws.uniform(
        "corruption/" + name + "/angle", x.dtype(), Shape.of(1, 1), from * radian, to * radian);
  }
}
