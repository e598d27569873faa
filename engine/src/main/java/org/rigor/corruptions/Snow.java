// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/**
 * A whitened image under flakes: upscaled, thresholded noise with motion blur, added to the image
 * together with a copy rotated by 180 degrees.
 */
public record Snow() implements Corruption {
  @Override
  public String name() {
    return "snow";
  }

  @Override
  public String differs() {
    return "the layer of flakes is not rounded to bytes behind its motion blur";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    // Mean, deviation, zoom, threshold, radius and deviation of the motion, share of the image.
    double[] c =
        Corruption.constants(
            severity,
            new double[] {0.1, 0.2, 1, 0.6, 8, 3, 0.95},
            new double[] {0.1, 0.2, 1, 0.5, 10, 4, 0.9},
            new double[] {0.15, 0.3, 1.75, 0.55, 10, 4, 0.9},
            new double[] {0.25, 0.3, 2.25, 0.6, 12, 6, 0.85},
            new double[] {0.3, 0.3, 1.25, 0.65, 14, 12, 0.8});
    int h = Pixels.height(x);
    int w = Pixels.width(x);
    Value noise = draws.normal("corruption/" + name(), x.dtype(), Shape.of(h, w, 1));
    Value layer = Zoom.in(F.add(F.mul(noise, c[1]), c[0]), c[2]);
    Value kept = F.select(F.lt(layer, F.constant(layer, c[3])), F.constant(layer, 0), layer);
    Value angle = MotionBlur.angle(x, draws, name(), -135, -45);
    Value flakes = Blur.motion(Pixels.bytes(Pixels.clip(kept)), c[4], c[5], angle);
    Value row = F.add(F.neg(Pixels.rows(x.dtype(), h)), h - 1);
    Value column = F.add(F.neg(Pixels.columns(x.dtype(), w)), w - 1);
    Value turned = Pixels.at(flakes, row, column, Border.EDGE);
    Value white = F.maximum(x, F.add(F.mul(Pixels.gray(x), 1.5), 0.5));
    Value pale = F.add(F.mul(x, c[6]), F.mul(white, 1 - c[6]));
    return Pixels.clip(F.add(F.add(pale, flakes), turned));
  }
}
