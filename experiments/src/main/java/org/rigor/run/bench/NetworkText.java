// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Chain;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.GlobalAveragePool;
import org.rigor.nn.Layer;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/**
 * A network's description for the peers: one JSON object per layer, with the prefix of its
 * parameters' names. It also counts the products of a forward pass.
 */
final class NetworkText {
  private double products;

  private NetworkText() {}

  static JsonArray json(Sequential network) {
    return new NetworkText().layers(network.layers(), "", network.input());
  }

  /** Returns the multiplications of one sample's forward pass in dense and convolutional layers. */
  static double products(Sequential network) {
    NetworkText text = new NetworkText();
    text.layers(network.layers(), "", network.input());
    return text.products;
  }

  private JsonArray layers(List<Layer> layers, String prefix, Shape input) {
    JsonArray out = new JsonArray();
    Shape shape = input;
    for (int i = 0; i < layers.size(); i++) {
      out.add(layer(layers.get(i), prefix + i + ".", shape));
      shape = layers.get(i).output(shape);
    }
    return out;
  }

  private JsonObject layer(Layer layer, String prefix, Shape input) {
    JsonObject o = new JsonObject();
    o.addProperty("prefix", prefix);
    Shape output = layer.output(input);
    if (layer instanceof Dense) {
      o.addProperty("type", "dense");
      products += (double) input.dim(0) * output.dim(0);
    } else if (layer == Activation.RELU) {
      o.addProperty("type", "relu");
    } else if (layer instanceof Flatten) {
      o.addProperty("type", "flatten");
    } else if (layer instanceof GlobalAveragePool) {
      o.addProperty("type", "mean");
    } else if (layer instanceof Conv2d c) {
      o.addProperty("type", "conv");
      Windows w = c.windows();
      if (w.top() != w.bottom() || w.left() != w.right() || w.top() != w.left()) {
        throw new IllegalArgumentException("peers pad all sides alike, got " + w);
      }
      o.addProperty("stride", w.strideH());
      o.addProperty("padding", w.top());
      o.addProperty("groups", c.groups());
      products += (double) w.taps() * input.dim(2) / c.groups() * output.size();
    } else if (layer instanceof BatchNorm b) {
      o.addProperty("type", "batch-norm");
      o.addProperty("epsilon", b.epsilon());
      o.addProperty("momentum", b.momentum());
    } else if (layer instanceof Chain c) {
      o.addProperty("type", "chain");
      o.add("layers", layers(c.layers(), prefix, input));
    } else if (layer instanceof Residual r) {
      o.addProperty("type", "residual");
      o.add("layers", layers(r.block(), prefix, input));
      o.add("shortcut", layers(r.shortcut(), prefix + "shortcut.", input));
    } else {
      throw new IllegalArgumentException("the peers know no layer " + layer);
    }
    return o;
  }
}
