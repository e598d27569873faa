// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.nn.Activation;
import org.rigor.nn.AveragePool2d;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Chain;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Dropout;
import org.rigor.nn.Flatten;
import org.rigor.nn.GlobalAveragePool;
import org.rigor.nn.GroupNorm;
import org.rigor.nn.Layer;
import org.rigor.nn.LayerNorm;
import org.rigor.nn.MaxPool2d;
import org.rigor.nn.MlpBlock;
import org.rigor.nn.NoisyDense;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A finished network as an ONNX model of operator set 17, with the operators that other tools
 * expect: {@code Gemm}, {@code Conv}, {@code BatchNormalization}. The batch axis is free, and
 * images are [N, C, H, W], whereas the network's own are [H, W, C].
 */
public final class OnnxExport {
  private static final int OPSET = 17;
  private static final int IR_VERSION = 8;
  private static final String INPUT = "x";
  private static final String OUTPUT = "logits";

  /** Writes the nodes of a layer and returns the name of what they compute. */
  private interface Rule<L> {
    String write(OnnxExport e, L layer, String x, Shape in, String prefix);
  }

  private static final Map<Class<?>, Rule<?>> RULES = new LinkedHashMap<>();

  private static <L extends Layer> void rule(Class<L> type, Rule<L> rule) {
    RULES.put(type, rule);
  }

  static {
    rule(Dense.class, (e, l, x, in, p) -> e.dense(x, in, p));
    rule(NoisyDense.class, (e, l, x, in, p) -> e.dense(x, in, p));
    rule(Activation.class, (e, l, x, in, p) -> e.activation(l, x, p));
    rule(Dropout.class, (e, l, x, in, p) -> x);
    rule(Chain.class, (e, l, x, in, p) -> e.chain(l.layers(), x, in, p));
    rule(Flatten.class, (e, l, x, in, p) -> e.flatten(x, in, p));
    rule(Conv2d.class, (e, l, x, in, p) -> e.convolution(l, x, p));
    rule(MaxPool2d.class, (e, l, x, in, p) -> e.node("MaxPool", p, e.windows(l.windows()), x));
    rule(AveragePool2d.class, (e, l, x, in, p) -> e.averagePool(l, x, p));
    rule(
        GlobalAveragePool.class,
        (e, l, x, in, p) -> e.flat(e.node("GlobalAveragePool", p, Map.of(), x), p));
    rule(BatchNorm.class, (e, l, x, in, p) -> e.batchNorm(l, x, p));
    rule(LayerNorm.class, (e, l, x, in, p) -> e.layerNorm(l, x, in, p));
    rule(GroupNorm.class, (e, l, x, in, p) -> e.groupNorm(l, x, in, p));
    rule(
        Residual.class,
        (e, l, x, in, p) ->
            e.node(
                "Add",
                p,
                Map.of(),
                e.chain(l.shortcut(), x, in, p + "shortcut."),
                e.chain(l.block(), x, in, p)));
    rule(MlpBlock.class, (e, l, x, in, p) -> e.mlpBlock(l, x, in, p));
  }

  private final Map<String, HostTensor> params;
  private final DType type;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> initializers = new LinkedHashMap<>();

  private OnnxExport(Map<String, HostTensor> params) {
    this.params = params;
    this.type = params.values().stream().map(HostTensor::dtype).findFirst().orElse(DType.F32);
  }

  /**
   * Returns a network as a model.
   *
   * @param name of the graph
   * @param params F32 or F64, by name, without model axis
   * @throws UnsupportedOperationException naming the layer, if one has no form in ONNX here
   */
  public static OnnxModel of(String name, Sequential network, Map<String, HostTensor> params) {
    OnnxExport e = new OnnxExport(params);
    String end = e.chain(network.layers(), INPUT, network.input(), "");
    e.nodes.add(e.call("Identity", "outputs", Map.of(), OUTPUT, end));
    Shape in = network.input();
    List<Long> extents = new ArrayList<>(List.of(OnnxValueInfo.FREE));
    int[] order = in.rank() == 3 ? new int[] {2, 0, 1} : new int[] {0, 1};
    for (int i = 0; i < in.rank(); i++) {
      extents.add((long) in.dim(order[i]));
    }
    ElementKind kind = ElementKind.of(e.type);
    OnnxGraph graph =
        new OnnxGraph(
            name,
            e.nodes,
            e.initializers,
            List.of(new OnnxValueInfo(INPUT, kind, extents)),
            List.of(
                new OnnxValueInfo(
                    OUTPUT, kind, List.of(OnnxValueInfo.FREE, (long) network.outputs()))));
    return new OnnxModel(name, IR_VERSION, OPSET, "rigor", graph);
  }

  private String chain(List<Layer> layers, String x, Shape in, String prefix) {
    String y = x;
    Shape at = in;
    for (int i = 0; i < layers.size(); i++) {
      Layer layer = layers.get(i);
      y = layer(layer, y, at, prefix + i + ".");
      at = layer.output(at);
    }
    return y;
  }

  @SuppressWarnings("unchecked") // each rule stands under its own type
  private <L extends Layer> String layer(L layer, String x, Shape in, String prefix) {
    Rule<L> rule = (Rule<L>) RULES.get(layer.getClass());
    // A constant of an enum with a body has a class of its own.
    if (rule == null && layer instanceof Activation) {
      rule = (Rule<L>) RULES.get(Activation.class);
    }
    if (rule == null) {
      throw unsupported(layer);
    }
    return rule.write(this, layer, x, in, prefix);
  }

  private static UnsupportedOperationException unsupported(Layer layer) {
    return new UnsupportedOperationException("the layer " + layer + " has no form in ONNX");
  }

  private String dense(String x, Shape in, String p) {
    HostTensor bias = params.get(p + "bias");
    String w = constant(p + "weight", params.get(p + "weight"));
    String b = constant(p + "bias", bias.reshape(Shape.of(Math.toIntExact(bias.shape().size()))));
    return in.rank() == 1
        ? node("Gemm", p, Map.of(), x, w, b)
        : node("Add", p, Map.of(), node("MatMul", p, Map.of(), x, w), b);
  }

  private String activation(Activation a, String x, String p) {
    return switch (a) {
      case RELU -> node("Relu", p, Map.of(), x);
      case LEAKY_RELU -> node("LeakyRelu", p, Map.of("alpha", new OnnxAttribute.Real(0.01f)), x);
      case TANH -> node("Tanh", p, Map.of(), x);
      case SIGMOID -> node("Sigmoid", p, Map.of(), x);
      case SOFTPLUS -> node("Softplus", p, Map.of(), x);
      case GELU -> {
        String scaled = node("Mul", p + "root.", Map.of(), x, number(p + "root", Math.sqrt(0.5)));
        String erf = node("Erf", p, Map.of(), scaled);
        String twice = node("Add", p, Map.of(), erf, number(p + "one", 1));
        String half = node("Mul", p + "half.", Map.of(), x, number(p + "half", 0.5));
        yield node("Mul", p, Map.of(), half, twice);
      }
      case J_SQUARED_RELU -> throw unsupported(a);
    };
  }

  private String flatten(String x, Shape in, String p) {
    boolean moves = in.rank() == 3 && in.dim(2) > 1 && in.dim(0) * in.dim(1) > 1;
    String y = moves ? node("Transpose", p, Map.of("perm", ints(0, 2, 3, 1)), x) : x;
    return in.rank() == 1 ? y : flat(y, p);
  }

  private String flat(String x, String p) {
    return node("Flatten", p, Map.of("axis", new OnnxAttribute.Int(1)), x);
  }

  private String convolution(Conv2d l, String x, String p) {
    Map<String, OnnxAttribute> more = windows(l.windows());
    more.put("group", new OnnxAttribute.Int(l.groups()));
    String w = constant(p + "weight", outputsFirst(params.get(p + "weight")));
    if (!l.bias()) {
      return node("Conv", p, more, x, w);
    }
    String b = constant(p + "bias", params.get(p + "bias").reshape(Shape.of(l.outputs())));
    return node("Conv", p, more, x, w, b);
  }

  /** Turns kernels [H, W, C, K] into [K, C, H, W]. */
  private static HostTensor outputsFirst(HostTensor w) {
    int[] d = w.shape().dims();
    HostTensor out = HostTensor.zeros(new TensorType(w.dtype(), Shape.of(d[3], d[2], d[0], d[1])));
    int taps = d[0] * d[1];
    for (int t = 0; t < taps; t++) {
      for (int c = 0; c < d[2]; c++) {
        for (int k = 0; k < d[3]; k++) {
          w.copy((t * d[2] + c) * d[3] + k, 1, out, (k * d[2] + c) * taps + t);
        }
      }
    }
    return out;
  }

  private String averagePool(AveragePool2d l, String x, String p) {
    Map<String, OnnxAttribute> more = windows(l.windows());
    if (l.windows().dilationH() > 1 || l.windows().dilationW() > 1) {
      throw unsupported(l);
    }
    more.remove("dilations");
    more.put("count_include_pad", new OnnxAttribute.Int(l.countPadding() ? 1 : 0));
    return node("AveragePool", p, more, x);
  }

  private String batchNorm(BatchNorm l, String x, String p) {
    return node(
        "BatchNormalization",
        p,
        Map.of("epsilon", new OnnxAttribute.Real((float) l.epsilon())),
        x,
        constant(p + "scale", params.get(p + "scale")),
        constant(p + "shift", params.get(p + "shift")),
        constant(p + "mean", params.get(p + "mean")),
        constant(p + "variance", params.get(p + "variance")));
  }

  private String layerNorm(LayerNorm l, String x, Shape in, String p) {
    int features = in.dim(-1);
    HostTensor scale = params.getOrDefault(p + "scale", filled(features, 1));
    HostTensor shift = params.getOrDefault(p + "shift", filled(features, 0));
    return node(
        "LayerNormalization",
        p,
        Map.of(
            "axis", new OnnxAttribute.Int(-1),
            "epsilon", new OnnxAttribute.Real((float) l.epsilon())),
        x,
        constant(p + "scale", scale.reshape(Shape.of(features))),
        constant(p + "shift", shift.reshape(Shape.of(features))));
  }

  /** Normalises groups as the channels of a row of numbers: operator set 17 has no group norm. */
  private String groupNorm(GroupNorm l, String x, Shape in, String p) {
    int channels = in.dim(2);
    String rows =
        node("Reshape", p + "groups.", Map.of(), x, longs(p + "groups", 0, l.groups(), -1));
    String unit =
        node(
            "InstanceNormalization",
            p,
            Map.of("epsilon", new OnnxAttribute.Real((float) l.epsilon())),
            rows,
            constant(p + "ones", filled(l.groups(), 1)),
            constant(p + "zeros", filled(l.groups(), 0)));
    String image =
        node("Reshape", p, Map.of(), unit, longs(p + "image", 0, channels, in.dim(0), in.dim(1)));
    Shape each = Shape.of(channels, 1, 1);
    String scaled =
        node(
            "Mul",
            p,
            Map.of(),
            image,
            constant(p + "scale", params.get(p + "scale").reshape(each)));
    return node(
        "Add", p, Map.of(), scaled, constant(p + "shift", params.get(p + "shift").reshape(each)));
  }

  private String mlpBlock(MlpBlock l, String x, Shape in, String p) {
    if (l.zeroth() != MlpBlock.Zeroth.NONE) {
      throw unsupported(l);
    }
    List<Layer> block =
        List.of(l.norm(), new Dense(l.hidden()), l.activation(), new Dense(in.dim(-1)));
    return node("Add", p, Map.of(), x, chain(block, x, in, p));
  }

  private Map<String, OnnxAttribute> windows(Windows w) {
    Map<String, OnnxAttribute> all = new LinkedHashMap<>();
    all.put("kernel_shape", ints(w.height(), w.width()));
    all.put("strides", ints(w.strideH(), w.strideW()));
    all.put("dilations", ints(w.dilationH(), w.dilationW()));
    all.put("pads", ints(w.top(), w.left(), w.bottom(), w.right()));
    return all;
  }

  private static OnnxAttribute ints(long... values) {
    return new OnnxAttribute.Ints(Arrays.stream(values).boxed().toList());
  }

  private HostTensor filled(int n, double value) {
    double[] all = new double[n];
    Arrays.fill(all, value);
    HostTensor doubles = HostTensor.of(Shape.of(n), all);
    return type == DType.F32 ? doubles.toFloat() : doubles;
  }

  private String number(String name, double value) {
    return constant(name, filled(1, value));
  }

  private String longs(String name, long... values) {
    initializers.put(name, OnnxTensor.longs(values));
    return name;
  }

  private String constant(String name, HostTensor value) {
    initializers.put(name, OnnxTensor.of(value));
    return name;
  }

  /** Adds a node and returns the name of its output. */
  private String node(
      String op, String prefix, Map<String, OnnxAttribute> attributes, String... inputs) {
    String out = prefix + op;
    nodes.add(call(op, out, attributes, out, inputs));
    return out;
  }

  private OnnxNode call(
      String op, String name, Map<String, OnnxAttribute> attributes, String out, String... inputs) {
    return new OnnxNode(nodes.size(), op, "", name, List.of(inputs), List.of(out), attributes);
  }
}
