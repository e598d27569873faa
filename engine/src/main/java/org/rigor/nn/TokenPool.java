// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/** Pooling of tokens [T, D] to one vector. */
public enum TokenPool implements Layer {
  /** The first token, that of a {@link ClassToken}. */
  FIRST,
  /** The mean of all tokens. */
  MEAN;

  @Override
  public Shape output(Shape input) {
    if (input.rank() != 2) {
      throw new IllegalArgumentException("pooling of tokens needs [tokens, features]");
    }
    return Shape.of(input.dim(1));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Value one = this == FIRST ? F.slice(x, 2, 0, 1) : F.mean(x, 2); // [M, B, 1, D]
    return F.reshape(one, one.shape().remove(2));
  }
}
