// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/** Layers one after another, as one; the parameters of layer i are named {@code i.name}. */
public record Chain(List<Layer> layers) implements Layer {
  public Chain {
    layers = List.copyOf(layers);
  }

  public Chain(Layer... layers) {
    this(List.of(layers));
  }

  /** Extents in front of each layer, and behind the last. */
  private List<Shape> shapes(Shape input) {
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
  public Shape output(Shape input) {
    return shapes(input).get(layers.size());
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    List<Shape> shapes = shapes(input);
    List<Parameter> all = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      for (Parameter p : layers.get(i).parameters(shapes.get(i))) {
        all.add(p.in(i + "."));
      }
    }
    return all;
  }

  @Override
  public Value apply(Map<String, Value> params, Value x) {
    return apply(params, x, Pass.with(Pass.Statistics.FROZEN));
  }

  @Override
  public Value apply(Map<String, Value> params, Value x, Pass pass) {
    List<Shape> shapes = shapes(Shape.of(x.shape().dims()).remove(0).remove(0));
    Value y = x;
    for (int i = 0; i < layers.size(); i++) {
      y = part(layers.get(i), i + ".", shapes.get(i), params, y, pass);
    }
    return y;
  }

  /** Traces a layer inside of another, where its parameters' names begin with {@code prefix}. */
  static Value part(
      Layer layer, String prefix, Shape input, Map<String, Value> all, Value x, Pass pass) {
    Map<String, Value> own = new LinkedHashMap<>();
    for (Parameter p : layer.parameters(input)) {
      Value v = all.get(prefix + p.name());
      if (v == null) {
        throw new IllegalArgumentException("parameter '" + prefix + p.name() + "' has no value");
      }
      own.put(p.name(), v);
    }
    return layer.apply(own, x, pass.in(prefix));
  }
}
