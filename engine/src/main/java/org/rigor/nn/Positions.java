// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Trained position embeddings, added to the tokens [T, D]. */
public record Positions() implements Layer {
  @Override
  public Shape output(Shape input) {
    if (input.rank() != 2) {
      throw new IllegalArgumentException("positions need [tokens, features]");
    }
    return input;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    return List.of(new Parameter("embedding", input, new Parameter.Normal(0.02)));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    return F.add(x, Dense.lifted(p.get("embedding"), 4));
  }
}
