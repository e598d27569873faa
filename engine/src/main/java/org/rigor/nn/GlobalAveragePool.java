// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** The mean of each channel over the whole image: [H, W, C] to [C]. */
public record GlobalAveragePool() implements Layer {
  @Override
  public Shape output(Shape input) {
    ImageShapes.requireImage(input);
    return Shape.of(input.dim(2));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return F.globalAveragePool(x);
  }
}
