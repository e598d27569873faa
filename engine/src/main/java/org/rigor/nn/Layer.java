// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/** A piece of a {@link Sequential} network. */
public interface Layer {
  /**
   * Returns the extents of one sample behind this layer.
   *
   * @throws IllegalArgumentException if it does not take such an input
   */
  Shape output(Shape input);

  /**
   * Returns whether it is a nonlinearity of single units, between whose inputs and outputs units
   * lie.
   */
  default boolean isElementwise() {
    return false;
  }

  /** Parameters with names of their own, such as {@code weight}. */
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
   * Traces the layer in a pass of training. Layers that work on the batch as a whole, and layers
   * made of layers, which hand the pass on, have their own; for the others it is the same.
   */
  default Value apply(Map<String, Value> params, Value x, Pass pass) {
    return apply(params, x);
  }

  /**
   * Traces where parameters may be: training puts there what an optimiser's step has moved out.
   * Layers made of layers hand it on.
   *
   * @param next by own name, after the step
   * @return the same names
   */
  default Map<String, Value> projected(Map<String, Value> next) {
    return next;
  }
}
