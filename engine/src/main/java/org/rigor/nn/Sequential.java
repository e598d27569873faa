// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/** Layers one after another; the parameters of layer i are named {@code i.name}. */
public record Sequential(Shape input, List<Layer> layers) implements Network {
  /**
   * @throws IllegalArgumentException if a layer does not accept the output of the one before it, or
   *     the last output has more than one axis
   */
  public Sequential {
    layers = List.copyOf(layers);
    Shape out = new Chain(layers).output(input);
    if (out.rank() != 1) {
      throw new IllegalArgumentException(
          "a network must end in one axis of outputs, got " + out + "; add a flatten layer");
    }
  }

  /**
   * Returns a multilayer perceptron on flattened inputs with one activation between dense layers.
   */
  public static Sequential mlp(
      Shape input, List<Integer> hidden, Activation activation, int outputs) {
    List<Layer> layers = new ArrayList<>();
    if (input.rank() != 1) {
      layers.add(new Flatten());
    }
    for (int width : hidden) {
      layers.add(new Dense(width));
      layers.add(activation);
    }
    layers.add(new Dense(outputs));
    return new Sequential(input, layers);
  }

  @Override
  public int outputs() {
    return new Chain(layers).output(input).dim(0);
  }

  @Override
  public List<Parameter> parameters() {
    return new Chain(layers).parameters(input);
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return new Chain(layers).apply(params, x);
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    return new Chain(layers).projected(next);
  }

  @Override
  public Value apply(Map<String, Value> params, Value x, Pass pass) {
    return new Chain(layers).apply(params, x, pass);
  }
}
