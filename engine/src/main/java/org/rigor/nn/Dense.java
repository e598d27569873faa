// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** x W + b with W [inputs, outputs] and b [1, outputs]. */
public record Dense(int outputs) implements Layer {
  public Dense {
    if (outputs < 1) {
      throw new IllegalArgumentException("dense: outputs must be >= 1, got " + outputs);
    }
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() != 1) {
      throw new IllegalArgumentException("dense needs one axis");
    }
    return Shape.of(outputs);
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    Parameter.Uniform start = new Parameter.Uniform(1 / Math.sqrt(input.dim(0)));
    return List.of(
        new Parameter("weight", Shape.of(input.dim(0), outputs), start),
        new Parameter("bias", Shape.of(1, outputs), start));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return F.add(F.matmul(x, p.get("weight")), p.get("bias"));
  }
}
