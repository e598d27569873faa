// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import org.rigor.corruptions.Pixels.Border;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/**
 * A Gaussian blur, a local shuffle of pixels, and the blur again. The original means to swap a
 * pixel with one up to a pixel above or to the left of it, but assigns views of one array: the
 * pixel becomes a copy of that neighbour and the neighbour keeps its value. It iterates from the
 * last pixel to the first, so each reads a neighbour that has not changed yet, which allows doing
 * all at once as here. Rows and columns 0 and 1 stay. The distance from the clean image need not
 * grow from severity 3 to 4.
 */
public record GlassBlur() implements Corruption {
  @Override
  public String name() {
    return "glass-blur";
  }

  @Override
  public String differs() {
    return "in nothing but the generator of the neighbours and rounding";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double[] c =
        Corruption.constants(
            severity,
            new double[] {0.05, 1},
            new double[] {0.25, 1},
            new double[] {0.4, 1},
            new double[] {0.25, 2},
            new double[] {0.4, 2});
    Value y = Pixels.bytes(Pixels.clip(Blur.gaussian(x, c[0], 4, Border.EDGE)));
    int h = Pixels.height(x);
    int w = Pixels.width(x);
    Value row = Pixels.rows(x.dtype(), h);
    Value column = Pixels.columns(x.dtype(), w);
    Value free = F.and(F.gt(row, F.constant(row, 1)), F.gt(column, F.constant(column, 1)));
    for (int i = 0; i < c[1]; i++) {
      String site = "corruption/" + name() + "/" + i;
      Value up = coin(draws, site + "/rows", x, free);
      Value left = coin(draws, site + "/columns", x, free);
      y = Pixels.at(y, F.sub(row, up), F.sub(column, left), Border.EDGE);
    }
    return Pixels.clip(Blur.gaussian(y, c[0], 4, Border.EDGE));
  }

  /** Draws 0 or 1, and 0 where a pixel must stay. */
  private static Value coin(Randoms draws, String site, Value x, Value free) {
    Shape plane = Shape.of(Pixels.height(x), Pixels.width(x));
    Value side = draws.signs(site, x.dtype(), plane);
    Value one = F.mul(F.add(side, 1), 0.5);
    return F.select(free, one, F.constant(one, 0));
  }
}
