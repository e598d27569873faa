// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/**
 * A random affine map, then (from severity 2) displacements along smoothed noise. As in the
 * original, lengths scale with the shorter side. The distance from the clean image need not grow
 * with severity: the affine part shrinks as the other grows.
 */
public record ElasticTransform() implements Corruption {
  @Override
  public String name() {
    return "elastic-transform";
  }

  @Override
  public String differs() {
    return "bilinear weights are exact where OpenCV rounds them to 32nds of a pixel";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    int side = Math.min(Pixels.height(x), Pixels.width(x));
    // Length and deviation of the displacements and length of the affine map, relative to the side.
    double[] c =
        Corruption.constants(
            severity,
            new double[] {0, 0, 0.08},
            new double[] {0.05, 0.2, 0.07},
            new double[] {0.08, 0.06, 0.06},
            new double[] {0.1, 0.04, 0.05},
            new double[] {0.1, 0.03, 0.03});
    Value warped = affine(x, draws, side, c[2] * side);
    if (c[0] == 0) {
      return Pixels.clip(warped);
    }
    Value down = field(x, draws, "down", c[0] * side, c[1] * side);
    Value right = field(x, draws, "right", c[0] * side, c[1] * side);
    Value row = F.add(Pixels.rows(x.dtype(), Pixels.height(x)), down);
    Value column = F.add(Pixels.columns(x.dtype(), Pixels.width(x)), right);
    return Pixels.clip(Pixels.between(warped, row, column, Border.REFLECT));
  }

  /** Draws a smoothed displacement field, [M, B, H, W]. */
  private Value field(Value x, Randoms draws, String which, double length, double sigma) {
    Shape plane = Shape.of(Pixels.height(x), Pixels.width(x), 1);
    Value noise = draws.uniform("corruption/" + name() + "/" + which, x.dtype(), plane, -1, 1);
    Value smooth = Blur.gaussian(noise, sigma, 3, Border.REFLECT);
    return F.mul(F.reshape(smooth, smooth.shape().remove(4)), length);
  }

  /**
   * Applies the affine map that moves three points around the centre. Each output pixel takes its
   * coordinates in the frame of the moved points and reads the input at the same coordinates in the
   * original frame.
   */
  private Value affine(Value x, Randoms draws, int side, double length) {
    double s = Math.max(1, side / 3);
    double cx = Pixels.width(x) / 2;
    double cy = Pixels.height(x) / 2;
    String site = "corruption/" + name() + "/corners";
    Value d = draws.uniform(site, x.dtype(), Shape.of(3, 2), -length, length); // [M, B, 3, 2]
    Value x2 = F.add(part(d, 2, 0), cx - s);
    Value y2 = F.add(part(d, 2, 1), cy - s);
    Value ux = F.sub(F.add(part(d, 0, 0), cx + s), x2);
    Value uy = F.sub(F.add(part(d, 0, 1), cy + s), y2);
    Value vx = F.sub(F.add(part(d, 1, 0), cx + s), x2);
    Value vy = F.sub(F.add(part(d, 1, 1), cy - s), y2);
    Value area = F.sub(F.mul(ux, vy), F.mul(uy, vx));
    Value px = F.sub(Pixels.columns(x.dtype(), Pixels.width(x)), x2);
    Value py = F.sub(Pixels.rows(x.dtype(), Pixels.height(x)), y2);
    Value a = F.div(F.sub(F.mul(px, vy), F.mul(py, vx)), area);
    Value b = F.div(F.sub(F.mul(ux, py), F.mul(uy, px)), area);
    Value column = F.add(F.mul(F.add(a, b), 2 * s), cx - s);
    Value row = F.add(F.mul(a, 2 * s), cy - s);
    return Pixels.between(x, row, column, Border.REFLECT_101);
  }

  private static Value part(Value d, int point, int axis) {
    return F.slice(F.slice(d, 2, point, point + 1), 3, axis, axis + 1);
  }
}
