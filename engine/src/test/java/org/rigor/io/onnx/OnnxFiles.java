// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.rigor.io.ElementKind;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Builds small models for tests, node by node; each node's output is the next node's input. */
public final class OnnxFiles {
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> initializers = new LinkedHashMap<>();
  private final OnnxValueInfo input;
  private long opset = 17;
  private String last;

  private OnnxFiles(OnnxValueInfo input) {
    this.input = input;
    this.last = input.name();
  }

  /** A float input "x" with a free batch axis. */
  public static OnnxFiles input(long... features) {
    List<Long> dims = new ArrayList<>(List.of(OnnxValueInfo.FREE));
    for (long d : features) {
      dims.add(d);
    }
    return new OnnxFiles(new OnnxValueInfo("x", ElementKind.F32, dims));
  }

  /** Adds a node that reads the last output and further names. */
  public OnnxFiles then(String op, Map<String, OnnxAttribute> attributes, String... more) {
    List<String> inputs = new ArrayList<>(List.of(last));
    inputs.addAll(List.of(more));
    last = op.toLowerCase(Locale.ROOT) + nodes.size();
    nodes.add(
        new OnnxNode(nodes.size(), op, "", "n" + nodes.size(), inputs, List.of(last), attributes));
    return this;
  }

  public OnnxFiles then(String op, String... more) {
    return then(op, Map.of(), more);
  }

  /** The operator set, 17 if not stated. */
  public OnnxFiles opset(long version) {
    opset = version;
    return this;
  }

  /** Adds a node that reads any names, of which an empty one is left out. */
  public OnnxFiles node(
      String op, List<String> inputs, String output, Map<String, OnnxAttribute> attributes) {
    last = output;
    nodes.add(
        new OnnxNode(
            nodes.size(), op, "", "n" + nodes.size(), inputs, List.of(output), attributes));
    return this;
  }

  /** Adds a node with several results, of which the last one is next. */
  public OnnxFiles several(
      String op, List<String> inputs, List<String> outputs, Map<String, OnnxAttribute> attributes) {
    last = outputs.get(outputs.size() - 1);
    nodes.add(new OnnxNode(nodes.size(), op, "", "n" + nodes.size(), inputs, outputs, attributes));
    return this;
  }

  public OnnxFiles constant(String name, Shape shape, float... values) {
    initializers.put(name, OnnxTensor.of(HostTensor.of(shape, values)));
    return this;
  }

  public OnnxFiles constant(String name, OnnxTensor value) {
    initializers.put(name, value);
    return this;
  }

  /** A float output [batch, features]. */
  public OnnxModel output(long features) {
    List<Long> dims = List.of(OnnxValueInfo.FREE, features);
    OnnxValueInfo output = new OnnxValueInfo(last, ElementKind.F32, dims);
    OnnxGraph graph = new OnnxGraph("test", nodes, initializers, List.of(input), List.of(output));
    return new OnnxModel("test.onnx", opset >= 20 ? 9 : 8, opset, "rigor", graph);
  }

  /** x [batch, 2] to 2 logits: Gemm 2-3, Relu, Gemm 3-2. */
  public static OnnxModel mlp() {
    Map<String, OnnxAttribute> transposed = Map.of("transB", new OnnxAttribute.Int(1));
    return input(2)
        .constant("w1", Shape.of(3, 2), 1, -1, 0.5f, 2, -1, 0.25f)
        .constant("b1", Shape.of(3), 0.1f, 0, -0.2f)
        .constant("w2", Shape.of(2, 3), 1, 0, -1, 0.5f, -1, 2)
        .constant("b2", Shape.of(2), 0, 1)
        .then("Gemm", transposed, "w1", "b1")
        .then("Relu")
        .then("Gemm", transposed, "w2", "b2")
        .output(2);
  }
}
