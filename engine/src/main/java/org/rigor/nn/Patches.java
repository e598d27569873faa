// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Images [H, W, C] as tokens [H/s W/s, s s C] (Dosovitskiy et al. 2021, section 3.1):
 * non-overlapping squares of s by s pixels in row-major order, each flattened row-major with
 * channels last. A dense layer after it is a convolution of stride s.
 */
public record Patches(int size) implements Layer {
  public Patches {
    if (size < 1) {
      throw new IllegalArgumentException("patches: size must be >= 1, got " + size);
    }
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() != 3 || input.dim(0) % size != 0 || input.dim(1) % size != 0) {
      throw new IllegalArgumentException(
          "patches need [H, W, C] with H and W divisible by " + size);
    }
    int tokens = input.dim(0) / size * (input.dim(1) / size);
    return Shape.of(tokens, size * size * input.dim(2));
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Shape s = x.shape();
    int rows = s.dim(2) / size;
    int columns = s.dim(3) / size;
    int[] d = {s.dim(0), s.dim(1), rows, size, columns, size, s.dim(4)};
    Value apart = F.transpose(F.reshape(x, Shape.of(d)), List.of(0, 1, 2, 4, 3, 5, 6));
    return F.reshape(apart, Shape.of(s.dim(0), s.dim(1), rows * columns, size * size * s.dim(4)));
  }
}
