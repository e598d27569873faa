// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/** A piece of a {@link Sequential} network. */
public interface Layer {
  /**
   * Extents of one sample behind this layer.
   *
   * @throws IllegalArgumentException if it does not take such an input
   */
  Shape output(Shape input);

  /** Parameters with names of their own, such as {@code weight}. */
  default List<Parameter> parameters(Shape input) {
    return List.of();
  }

  /**
   * Traces the layer.
   *
   * @param params by own name
   * @param x [M or 1, B, input...]
   */
  Value apply(Map<String, Value> params, Value x);
}
