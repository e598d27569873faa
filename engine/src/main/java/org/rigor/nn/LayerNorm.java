// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Ba et al. 2016: (x - mean) / sqrt(variance + epsilon) over the last axis with biased variance,
 * then an {@link Affine} map.
 */
public record LayerNorm(double epsilon, Affine affine) implements Layer {
  /** Affine map after the normalisation. */
  public enum Affine {
    /** Scale and shift, [1, n] each. */
    FREE,
    /**
     * A scale of at least 1, enforced after each step, and no shift (Peng et al. 2023): the squared
     * length of an output is then at least n, up to epsilon.
     */
    RESTRICTED,
    /** No affine map: the squared length of an output is n, up to epsilon. */
    NONE
  }

  public LayerNorm() {
    this(1e-5);
  }

  public LayerNorm(double epsilon) {
    this(epsilon, Affine.FREE);
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
    Parameter scale = new Parameter("scale", row, new Parameter.Constant(1));
    return switch (affine) {
      case NONE -> List.of();
      case RESTRICTED -> List.of(scale);
      case FREE -> List.of(scale, new Parameter("shift", row, new Parameter.Constant(0)));
    };
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Value centred = F.sub(x, F.mean(x, -1));
    Value variance = F.mean(F.mul(centred, centred), -1);
    Value unit = F.div(centred, F.sqrt(F.add(variance, epsilon)));
    if (affine == Affine.NONE) {
      return unit;
    }
    int rank = x.shape().rank();
    Value scaled = F.mul(unit, Dense.lifted(p.get("scale"), rank));
    return affine == Affine.RESTRICTED ? scaled : F.add(scaled, Dense.lifted(p.get("shift"), rank));
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    return affine == Affine.RESTRICTED
        ? Map.of("scale", F.maximum(next.get("scale"), F.constant(next.get("scale"), 1)))
        : next;
  }
}
