// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** A trained token, shared by all samples, prepended to tokens [T, D]. */
public record ClassToken() implements Layer {
  @Override
  public Shape output(Shape input) {
    if (input.rank() != 2) {
      throw new IllegalArgumentException("a class token needs [tokens, features]");
    }
    return input.with(0, input.dim(0) + 1);
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    Shape row = Shape.of(1, input.dim(1));
    return List.of(new Parameter("token", row, new Parameter.Normal(0.02)));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Value token = Dense.lifted(p.get("token"), 4); // [M, 1, 1, D]
    return F.concat(2, F.broadcast(token, token.shape().with(1, x.shape().dim(1))), x);
  }
}
