// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * f(x - shift) + lift with f(x) = relu(x - half)^2 - relu(-x - half)^2: its derivative is 0 where
 * |x - shift| &lt;= half, while its value there is {@code lift}. Peng et al. 2023 use it to
 * separate small derivatives from small activations ("manipulate" in their repository).
 *
 * @param half half width of the flat band, at least 0
 */
public record FlatBand(double half, double shift, double lift) implements Layer {
  public FlatBand {
    if (!(half >= 0) || !Double.isFinite(half + shift + lift)) {
      throw new IllegalArgumentException(
          "flat band: needs half >= 0 and finite shift and lift, got %s, %s and %s"
              .formatted(half, shift, lift));
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
  public Value apply(Map<String, Value> p, Value x) {
    Value right = F.relu(F.add(x, -shift - half));
    Value left = F.relu(F.sub(F.constant(x, shift - half), x));
    return F.add(F.sub(F.square(right), F.square(left)), lift);
  }
}
