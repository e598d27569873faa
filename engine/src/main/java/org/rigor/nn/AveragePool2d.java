// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/**
 * The mean of each window and channel of an image [H, W, C].
 *
 * @param countPadding true to divide by the number of taps of a window, false by that of taps on
 *     the image
 */
public record AveragePool2d(Windows windows, boolean countPadding) implements Layer {
  @Override
  public Shape output(Shape input) {
    return ImageShapes.windowed(windows, input);
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return F.averagePool2d(x, windows, countPadding);
  }
}
