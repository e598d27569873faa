// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Ba et al. 2016: (x - mean) / sqrt(variance + epsilon) over the last axis, biased variance, then
 * scale and shift [1, n].
 */
public record LayerNorm(double epsilon) implements Layer {
  public LayerNorm() {
    this(1e-5);
  }

  public LayerNorm {
    if (!(epsilon > 0)) {
      throw new IllegalArgumentException("layer norm: epsilon must be > 0, got " + epsilon);
    }
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() < 1) {
      throw new IllegalArgumentException("layer norm needs an axis of features");
    }
    return input;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    Shape row = Shape.of(1, input.dim(-1));
    return List.of(
        new Parameter("scale", row, new Parameter.Constant(1)),
        new Parameter("shift", row, new Parameter.Constant(0)));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Value centred = F.sub(x, F.mean(x, -1));
    Value variance = F.mean(F.mul(centred, centred), -1);
    Value unit = F.div(centred, F.sqrt(F.add(variance, epsilon)));
    int rank = x.shape().rank();
    return F.add(
        F.mul(unit, Dense.lifted(p.get("scale"), rank)), Dense.lifted(p.get("shift"), rank));
  }
}
