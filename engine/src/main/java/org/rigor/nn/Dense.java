// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** x W + b over the last axis, with W [inputs, outputs] and b [1, outputs]. */
public record Dense(int outputs) implements Layer {
  public Dense {
    if (outputs < 1) {
      throw new IllegalArgumentException("dense: outputs must be >= 1, got " + outputs);
    }
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() < 1 || input.rank() > 2) {
      throw new IllegalArgumentException("dense needs one axis, or tokens and their features");
    }
    return input.with(input.rank() - 1, outputs);
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    Parameter.Uniform start = new Parameter.Uniform(1 / Math.sqrt(input.dim(-1)));
    return List.of(
        new Parameter("weight", Shape.of(input.dim(-1), outputs), start),
        new Parameter("bias", Shape.of(1, outputs), start));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    int rank = x.shape().rank();
    Value weight = lifted(p.get("weight"), rank);
    return F.add(F.matmul(x, weight), lifted(p.get("bias"), rank));
  }

  /** Reshapes [M, rows, columns] to [M, 1, ..., rows, columns], shared by all samples. */
  static Value lifted(Value v, int rank) {
    Shape s = v.shape();
    while (s.rank() < rank) {
      s = s.insert(1, 1);
    }
    return F.reshape(v, s);
  }
}
