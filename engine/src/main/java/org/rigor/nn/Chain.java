// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/** Layers applied in sequence, as one layer; the parameters of layer i are named {@code i.name}. */
public record Chain(List<Layer> layers) implements Layer {
  public Chain {
    layers = List.copyOf(layers);
  }

  public Chain(Layer... layers) {
    this(List.of(layers));
  }

  private boolean dense(int i) {
    return layers.get(i) instanceof Dense || layers.get(i) instanceof NoisyDense;
  }

  /** Returns the extents before each layer, and after the last. */
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
    List<Value> y = new ArrayList<>(List.of(x));
    for (int i = 0; i < layers.size(); i++) {
      y.add(part(layers.get(i), i + ".", shapes.get(i), params, y.get(i), pass));
    }
    for (int i = 0; i + 2 < layers.size(); i++) {
      if (dense(i) && layers.get(i + 1).isElementwise() && dense(i + 2)) {
        String key = i + ".weight";
        String value = i + 2 + ".weight";
        pass.note(new HiddenUnits(key, value, y.get(i), y.get(i + 1), y.get(i + 2), y.get(i + 3)));
      }
    }
    return y.get(layers.size());
  }

  @Override
  public Map<String, Value> projected(Map<String, Value> next) {
    Map<String, Value> all = next;
    for (int i = 0; i < layers.size(); i++) {
      all = part(layers.get(i), i + ".", all);
    }
    return all;
  }

  /** Projects the parameters of a layer whose names begin with {@code prefix}. */
  static Map<String, Value> part(Layer layer, String prefix, Map<String, Value> all) {
    Map<String, Value> own = new LinkedHashMap<>();
    all.forEach(
        (name, v) -> {
          if (name.startsWith(prefix)) {
            own.put(name.substring(prefix.length()), v);
          }
        });
    Map<String, Value> out = new LinkedHashMap<>(all);
    layer.projected(own).forEach((name, v) -> out.put(prefix + name, v));
    return out;
  }

  /** Traces a layer within another, where its parameter names begin with {@code prefix}. */
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
