// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.math.BigDecimal;
import org.rigor.property.Decimals;
import org.rigor.property.InputBox;

/**
 * An input inside a box of decimals, and the floats that stand for it.
 *
 * @param exact each input; a float where the box contains one, else a double, else a side
 * @param floats {@code exact} where that is a float, else a float next to it
 * @param outside number of inputs at which the box contains no float
 */
public record Point(BigDecimal[] exact, float[] floats, int outside) {
  /** Returns the point of a box that is nearest to a proposal; NaN goes to the lower side. */
  public static Point of(InputBox box, double[] proposal) {
    BigDecimal[] exact = new BigDecimal[proposal.length];
    float[] floats = new float[proposal.length];
    int outside = 0;
    for (int i = 0; i < proposal.length; i++) {
      BigDecimal l = box.lower(i);
      BigDecimal u = box.upper(i);
      float low = Decimals.floatUp(l);
      float high = Decimals.floatDown(u);
      if (low <= high) {
        floats[i] = (float) within(proposal[i], low, high);
        exact[i] = Decimals.exact(floats[i]);
        continue;
      }
      outside++;
      double least = Decimals.up(l);
      double most = Decimals.down(u);
      exact[i] = least <= most ? Decimals.exact(within(proposal[i], least, most)) : l;
      floats[i] = exact[i].floatValue();
    }
    return new Point(exact, floats, outside);
  }

  /** Returns the number of an interval nearest to {@code x}, as a float if its ends are floats. */
  private static double within(double x, double low, double high) {
    return x >= high ? high : x > low ? x : low;
  }

  /** Returns the doubles at most each input. */
  double[] lower() {
    return each(true);
  }

  /** Returns the doubles at least each input. */
  double[] upper() {
    return each(false);
  }

  private double[] each(boolean down) {
    double[] sides = new double[exact.length];
    for (int i = 0; i < sides.length; i++) {
      sides[i] = down ? Decimals.down(exact[i]) : Decimals.up(exact[i]);
    }
    return sides;
  }
}
