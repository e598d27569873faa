// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Flattening of all axes of a sample into one, row-major. */
public record Flatten() implements Layer {
  @Override
  public Shape output(Shape input) {
    return Shape.of(Math.toIntExact(input.size()));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    int models = x.shape().dim(0);
    int batch = x.shape().dim(1);
    int rest = Math.toIntExact(x.shape().size() / models / batch);
    return F.reshape(x, Shape.of(models, batch, rest));
  }
}
