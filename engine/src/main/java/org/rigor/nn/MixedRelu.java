// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * (1 - k) ReLU + k J-SquaredReLU, where k rises linearly from 0 to 1 (Peng et al. 2023, finetuning
 * for sparsity). The buffer {@code clock} counts training steps.
 *
 * @param start steps with ReLU alone, at least 0
 * @param length steps over which k rises, at least 1
 */
public record MixedRelu(int start, int length) implements Layer {
  public MixedRelu {
    if (start < 0 || length < 1) {
      throw new IllegalArgumentException(
          "mixed ReLU: needs start >= 0 and length >= 1, got " + start + " and " + length);
    }
  }

  @Override
  public boolean isElementwise() {
    return true;
  }

  @Override
  public Shape output(Shape input) {
    return input;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    return List.of(Parameter.buffer("clock", Shape.of(1), 0));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Value clock = p.get("clock");
    Value k = F.clamp(F.mul(F.add(clock, -start), 1.0 / length), 0, 1); // [M, 1]
    Value share = F.reshape(k, ones(x.shape(), k.shape().models()));
    Value old = F.relu(x);
    return F.add(old, F.mul(F.sub(F.jSquaredRelu(x), old), share));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x, Pass pass) {
    if (pass.statistics() == Pass.Statistics.BATCH) {
      pass.tick("clock", F.add(p.get("clock"), 1));
    }
    return apply(p, x);
  }

  private static Shape ones(Shape like, int models) {
    Shape s = Shape.of(models);
    while (s.rank() < like.rank()) {
      s = s.insert(1, 1);
    }
    return s;
  }
}
