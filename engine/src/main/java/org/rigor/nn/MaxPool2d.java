// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/** The maximum of each window and channel of an image [H, W, C]; padding never wins. */
public record MaxPool2d(Windows windows) implements Layer {
  @Override
  public Shape output(Shape input) {
    return ImageShapes.windowed(windows, input);
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return F.maxPool2d(x, windows);
  }
}
