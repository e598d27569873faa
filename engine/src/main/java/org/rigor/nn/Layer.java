// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/** A piece of a {@link Sequential} network. */
public interface Layer {
  /**
   * Returns the extents of one sample after this layer.
   *
   * @throws IllegalArgumentException if the layer does not accept such an input
   */
  Shape output(Shape input);

  /** Returns whether this is an elementwise nonlinearity, whose inputs and outputs are units. */
  default boolean isElementwise() {
    return false;
  }

  /** Returns the parameters under local names, such as {@code weight}. */
  default List<Parameter> parameters(Shape input) {
    return List.of();
  }

  /**
   * Traces the layer as it is in a finished network: a sample's outputs depend on that sample
   * alone.
   *
   * @param params by own name
   * @param x [M or 1, B, input...]
   */
  Value apply(Map<String, Value> params, Value x);

  /**
   * Traces the layer in a training pass. Layers that use the whole batch override this, as do
   * composite layers, which hand the pass on; the default ignores the pass.
   */
  default Value apply(Map<String, Value> params, Value x, Pass pass) {
    return apply(params, x);
  }

  /**
   * Traces the projection of parameters onto their feasible set, which training applies after each
   * optimiser step. Composite layers hand it on.
   *
   * @param next by local name, after the step
   * @return the same names
   */
  default Map<String, Value> projected(Map<String, Value> next) {
    return next;
  }
}
