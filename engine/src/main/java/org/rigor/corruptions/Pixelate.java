// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;

/**
 * Downsampling to floor(c side) cells and upsampling, both by Pillow's box filter: a cell is the
 * mean of the pixels whose centres lie in it, and a pixel takes the cell in which its centre lies.
 */
public record Pixelate() implements Corruption {
  @Override
  public String name() {
    return "pixelate";
  }

  @Override
  public String differs() {
    return "the small image is not rounded to bytes";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double c = Corruption.constant(severity, 0.95, 0.9, 0.85, 0.75, 0.65);
    return Pixels.clip(along(along(x, c, true), c, false));
  }

  private static Value along(Value x, double c, boolean vertical) {
    int h = Pixels.height(x);
    int w = Pixels.width(x);
    int side = vertical ? h : w;
    int cells = Math.max(1, (int) (side * c));
    Value row = Pixels.rows(x.dtype(), h);
    Value column = Pixels.columns(x.dtype(), w);
    Value place = vertical ? row : column;
    // Quotients of small whole numbers: rounding never carries them across a whole number.
    Value cell = quotient(F.mul(F.add(F.mul(place, 2), 1), cells), 2 * side);
    Value from = quotient(F.add(F.mul(cell, 2 * side), cells), 2 * cells);
    Value to = quotient(F.add(F.mul(F.add(cell, 1), 2 * side), cells), 2 * cells);
    Value count = F.sub(to, from);
    Value sum = null;
    int most = (side + cells - 1) / cells;
    for (int i = 0; i <= most; i++) {
      Value at = F.add(from, i);
      Value read = Pixels.at(x, vertical ? at : row, vertical ? column : at, Border.EDGE);
      Value in = F.lt(at, to);
      Value weight = F.div(F.cast(in, x.dtype()), count);
      sum = F.addOrNull(sum, F.mul(read, F.reshape(weight, weight.shape().insert(4, 1))));
    }
    return sum;
  }

  private static Value quotient(Value a, int by) {
    return Pixels.floor(F.div(a, F.constant(a, by)));
  }
}
