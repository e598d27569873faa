// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Wu and He 2018, on images [H, W, C]: normalises each sample and each group of consecutive
 * channels to mean 0 and variance 1 (biased, plus epsilon), then scales and shifts each channel.
 * One group per channel is instance norm.
 *
 * @param groups a divisor of the channels
 */
public record GroupNorm(int groups, double epsilon) implements Layer {
  /** The usual epsilon of 1e-5. */
  public GroupNorm(int groups) {
    this(groups, 1e-5);
  }

  public GroupNorm {
    if (groups < 1 || !(epsilon > 0)) {
      throw new IllegalArgumentException(
          "group norm: groups must be >= 1 and epsilon > 0, got " + groups + " and " + epsilon);
    }
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() != 3 || input.dim(2) % groups != 0) {
      throw new IllegalArgumentException(
          "group norm needs [H, W, C] with channels in " + groups + " equal groups");
    }
    return input;
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    Shape row = Shape.of(1, input.dim(2));
    return List.of(
        new Parameter("scale", row, new Parameter.Constant(1)),
        new Parameter("shift", row, new Parameter.Constant(0)));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Shape s = x.shape();
    int[] d = {s.dim(0), s.dim(1), s.dim(2) * s.dim(3), groups, s.dim(4) / groups};
    Value grouped = F.reshape(x, Shape.of(d));
    Value centred = F.sub(grouped, F.mean(grouped, 2, 4));
    Value variance = F.mean(F.mul(centred, centred), 2, 4); // [M, B, 1, G, 1]
    Value unit = F.reshape(F.div(centred, F.sqrt(F.add(variance, epsilon))), s);
    return F.add(F.mul(unit, Dense.lifted(p.get("scale"), 5)), Dense.lifted(p.get("shift"), 5));
  }
}
