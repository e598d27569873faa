// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/**
 * A network with the preprocessing of its inputs in front: {@code (x / scale - mean) / std}, in
 * this order of float32 operations, as data loaders do it outside of the network. Radii and boxes
 * of the result are in the units of the unprocessed input.
 */
public final class OnnxStandardised {
  private final OnnxGraph graph;
  private final OnnxValueInfo input;
  private final Set<String> taken = new HashSet<>();
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> initializers;

  private OnnxStandardised(OnnxModel model) {
    this.graph = model.graph();
    if (graph.inputs().size() != 1) {
      throw new DataException(
          model.source() + ": must have one input, has " + graph.inputs().size());
    }
    this.input = graph.inputs().get(0);
    if (input.kind() != ElementKind.F32 || input.dims() == null || input.dims().size() < 2) {
      throw new DataException(
          model.source()
              + ": needs an input of float32 with a batch axis and a known shape, got "
              + input);
    }
    this.initializers = new LinkedHashMap<>(graph.initializers());
    taken.addAll(initializers.keySet());
    taken.add(input.name());
    graph.nodes().forEach(n -> taken.addAll(n.outputs()));
  }

  /**
   * Returns a network on unprocessed inputs.
   *
   * @param scale that inputs are divided by first; empty for none
   * @param mean one number, or one for each channel (or feature of a flat input); may be empty
   * @param std as {@code mean}; positive
   * @throws DataException if there are not as many numbers as channels, or both the first and the
   *     last axis may be the channels
   */
  public static OnnxModel of(
      OnnxModel model, OptionalDouble scale, List<Double> mean, List<Double> std) {
    OnnxStandardised s = new OnnxStandardised(model);
    String x = s.input.name();
    if (scale.isPresent()) {
      x = s.node(model, "Div", "scaled", x, List.of(scale.getAsDouble()));
    }
    if (!mean.isEmpty()) {
      x = s.node(model, "Sub", "centred", x, mean);
    }
    if (!std.isEmpty()) {
      x = s.node(model, "Div", "standardised", x, std);
    }
    for (OnnxNode n : s.graph.nodes()) {
      String now = x;
      List<String> inputs =
          n.inputs().stream().map(i -> i.equals(s.input.name()) ? now : i).toList();
      s.nodes.add(
          new OnnxNode(
              s.nodes.size(), n.op(), n.domain(), n.name(), inputs, n.outputs(), n.attributes()));
    }
    OnnxGraph graph =
        new OnnxGraph(s.graph.name(), s.nodes, s.initializers, s.graph.inputs(), s.graph.outputs());
    return new OnnxModel(model.source(), model.irVersion(), model.opset(), "rigor", graph);
  }

  private String node(OnnxModel model, String op, String what, String x, List<Double> values) {
    String constant = free(what + "/by");
    String out = free(what);
    float[] by = new float[values.size()];
    for (int i = 0; i < by.length; i++) {
      by[i] = values.get(i).floatValue();
    }
    initializers.put(constant, OnnxTensor.of(HostTensor.of(shape(model, by.length), by)));
    nodes.add(
        new OnnxNode(nodes.size(), op, "", what, List.of(x, constant), List.of(out), Map.of()));
    return out;
  }

  private String free(String wanted) {
    String name = wanted;
    while (!taken.add(name)) {
      name += "'";
    }
    return name;
  }

  /** Returns the shape that lines numbers up with the channels. */
  private Shape shape(OnnxModel model, int count) {
    int rank = input.dims().size();
    boolean last = input.dims().get(rank - 1) == count;
    boolean first = rank > 2 && input.dims().get(1) == count;
    if (count == 1) {
      return Shape.of(1);
    }
    if (first == last) {
      throw new DataException(
          "%s: %d numbers do not tell the channels of the input %s%s"
              .formatted(
                  model.source(), count, input, first ? ": they fit its first and last axis" : ""));
    }
    int[] dims = new int[last ? 1 : rank - 1];
    Arrays.fill(dims, 1);
    dims[0] = count;
    return Shape.of(dims);
  }
}
