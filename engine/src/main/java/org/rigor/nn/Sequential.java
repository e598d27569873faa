// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/** Layers one after another; the parameters of layer i are named {@code i.name}. */
public record Sequential(Shape input, List<Layer> layers) implements Network {
  /**
   * @throws IllegalArgumentException if a layer does not take what the one before it gives, or the
   *     last one gives more than one axis
   */
  public Sequential {
    layers = List.copyOf(layers);
    Shape out = shapes(input, layers).get(layers.size());
    if (out.rank() != 1) {
      throw new IllegalArgumentException(
          "a network must end in one axis of outputs, got " + out + "; add a flatten layer");
    }
  }

  /** A multilayer perceptron on flattened inputs with one activation between dense layers. */
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

  private static List<Shape> shapes(Shape input, List<Layer> layers) {
    List<Shape> shapes = new ArrayList<>(List.of(input));
    for (int i = 0; i < layers.size(); i++) {
      try {
        shapes.add(layers.get(i).output(shapes.get(i)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "layer " + i + " " + layers.get(i) + ": " + e.getMessage() + ", got " + shapes.get(i),
            e);
      }
    }
    return shapes;
  }

  @Override
  public int outputs() {
    return shapes(input, layers).get(layers.size()).dim(0);
  }

  @Override
  public List<Parameter> parameters() {
    List<Shape> shapes = shapes(input, layers);
    List<Parameter> all = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      for (Parameter p : layers.get(i).parameters(shapes.get(i))) {
        all.add(new Parameter(i + "." + p.name(), p.shape(), p.start()));
      }
    }
    return all;
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    List<Shape> shapes = shapes(input, layers);
    Value y = x;
    for (int i = 0; i < layers.size(); i++) {
      y = layers.get(i).apply(own(params, i + ".", layers.get(i), shapes.get(i)), y);
    }
    return y;
  }

  /** Parameters of one layer under its own names. */
  static Map<String, Value> own(Map<String, Value> all, String prefix, Layer layer, Shape input) {
    Map<String, Value> own = new LinkedHashMap<>();
    for (Parameter p : layer.parameters(input)) {
      Value v = all.get(prefix + p.name());
      if (v == null) {
        throw new IllegalArgumentException("parameter '" + prefix + p.name() + "' has no value");
      }
      own.put(p.name(), v);
    }
    return own;
  }
}
