// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.nn.Activation;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** One model of a network of layers that proofs may have, as ONNX: channels first, in float. */
final class AsOnnx {
  private final Map<String, HostTensor> params;
  private final int model;
  private final OnnxFiles file;
  private int names;

  /** Extents of the image that was flattened. */
  private Shape flattened;

  private AsOnnx(Map<String, HostTensor> params, int model, OnnxFiles file) {
    this.params = params;
    this.model = model;
    this.file = file;
  }

  /** Returns whether all layers can be written. */
  static boolean writes(List<Layer> layers) {
    return layers.stream()
        .allMatch(
            l ->
                l instanceof Residual r
                    ? writes(r.block()) && writes(r.shortcut())
                    : l == Activation.RELU
                        || l == Activation.LEAKY_RELU
                        || l instanceof Dense
                        || l instanceof Conv2d
                        || l instanceof BatchNorm
                        || l instanceof Flatten);
  }

  /**
   * @param params by name, [M, shape...]
   */
  static OnnxModel of(Sequential net, Map<String, HostTensor> params, int model) {
    Shape in = net.input();
    OnnxFiles file =
        in.rank() == 1
            ? OnnxFiles.input(in.dim(0))
            : OnnxFiles.input(in.dim(2), in.dim(0), in.dim(1));
    new AsOnnx(params, model, file).layers(net.layers(), "", in, "x");
    return file.output(net.outputs());
  }

  private String layers(List<Layer> layers, String prefix, Shape input, String from) {
    Shape in = input;
    String at = from;
    for (int i = 0; i < layers.size(); i++) {
      at = layer(layers.get(i), prefix + i + ".", in, at);
      in = layers.get(i).output(in);
    }
    return at;
  }

  private String layer(Layer layer, String prefix, Shape in, String from) {
    if (layer instanceof Residual r) {
      String out = layers(r.block(), prefix, in, from);
      String beside = layers(r.shortcut(), prefix + "shortcut.", in, from);
      return node("Add", Map.of(), beside, out);
    } else if (layer instanceof Dense d) {
      return dense(d, prefix, in, from);
    } else if (layer instanceof Conv2d c) {
      return conv(c, prefix, in, from);
    } else if (layer instanceof BatchNorm norm) {
      List<String> operands = new ArrayList<>(List.of(from));
      for (String p : List.of("scale", "shift", "mean", "variance")) {
        operands.add(constant(Shape.of(in.dim(-1)), of(prefix + p)));
      }
      OnnxAttribute epsilon = new OnnxAttribute.Real((float) norm.epsilon());
      return node(
          "BatchNormalization", Map.of("epsilon", epsilon), operands.toArray(String[]::new));
    } else if (layer instanceof Flatten) {
      flattened = in;
      return node("Flatten", Map.of(), from);
    }
    return layer == Activation.RELU
        ? node("Relu", Map.of(), from)
        : node("LeakyRelu", Map.of("alpha", new OnnxAttribute.Real(0.01f)), from);
  }

  private String dense(Dense d, String prefix, Shape in, String from) {
    int n = d.outputs();
    int inputs = Math.toIntExact(in.size());
    double[] own = of(prefix + "weight");
    double[] w = own.clone();
    if (flattened != null && flattened.rank() == 3) {
      int height = flattened.dim(0);
      int width = flattened.dim(1);
      int channels = flattened.dim(2);
      for (int i = 0; i < inputs; i++) {
        int c = i % channels;
        int pixel = i / channels;
        System.arraycopy(own, i * n, w, (c * height * width + pixel) * n, n);
      }
    }
    flattened = null;
    String weight = constant(Shape.of(inputs, n), w);
    return node("Gemm", Map.of(), from, weight, constant(Shape.of(n), of(prefix + "bias")));
  }

  private String conv(Conv2d c, String prefix, Shape in, String from) {
    Windows w = c.windows();
    int inputs = in.dim(2) / c.groups();
    double[] own = of(prefix + "weight");
    double[] kernel = new double[own.length];
    for (int tap = 0; tap < w.taps(); tap++) {
      for (int i = 0; i < inputs; i++) {
        for (int o = 0; o < c.outputs(); o++) {
          kernel[(o * inputs + i) * w.taps() + tap] = own[(tap * inputs + i) * c.outputs() + o];
        }
      }
    }
    Map<String, OnnxAttribute> how =
        Map.of(
            "strides", list(w.strideH(), w.strideW()),
            "pads", list(w.top(), w.left(), w.bottom(), w.right()),
            "dilations", list(w.dilationH(), w.dilationW()));
    String weight = constant(Shape.of(c.outputs(), inputs, w.height(), w.width()), kernel);
    return node("Conv", how, from, weight, constant(Shape.of(c.outputs()), of(prefix + "bias")));
  }

  private static OnnxAttribute list(int... values) {
    return new OnnxAttribute.Ints(Arrays.stream(values).asLongStream().boxed().toList());
  }

  private String node(String op, Map<String, OnnxAttribute> how, String... from) {
    String name = "v" + names++;
    file.node(op, List.of(from), name, how);
    return name;
  }

  private String constant(Shape shape, double... values) {
    float[] all = new float[values.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (float) values[i];
    }
    String name = "c" + names++;
    file.constant(name, shape, all);
    return name;
  }

  private double[] of(String name) {
    HostTensor t = params.get(name);
    int n = Math.toIntExact(t.shape().size() / t.shape().models());
    return Arrays.copyOfRange(t.doubles(), model * n, model * n + n);
  }
}
