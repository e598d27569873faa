// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.DType;

/** Enlargement of an image's centre to the full size. */
final class Zoom {
  private Zoom() {}

  /**
   * Enlarges bilinearly, mapping corner pixels to the corner pixels of the enlarged crop of
   * ceil(side / factor) pixels.
   *
   * @param factor at least 1
   */
  static Value in(Value x, double factor) {
    Value row = places(Pixels.rows(x.dtype(), Pixels.height(x)), Pixels.height(x), factor);
    Value column = places(Pixels.columns(x.dtype(), Pixels.width(x)), Pixels.width(x), factor);
    return Pixels.between(x, row, column, Border.EDGE);
  }

  private static Value places(Value at, int side, double factor) {
    int crop = (int) Math.ceil(side / factor);
    int from = (side - crop) / 2;
    int enlarged = (int) Math.rint(crop * factor);
    int trim = (enlarged - side) / 2;
    double step = enlarged > 1 ? (crop - 1.0) / (enlarged - 1) : 0;
    // Rounding may put a float just below the pixel it should hit: nudge it by 1e-6 pixel.
    double slack = at.dtype() == DType.F32 ? 1e-6 : 0;
    return F.add(F.mul(F.add(at, trim), step), from + slack);
  }
}
