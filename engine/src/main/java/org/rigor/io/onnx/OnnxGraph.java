// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph (GraphProto) with its nodes in topological order: every name that a node reads is an
 * input, an initializer or the output of an earlier node, and no name is written twice.
 *
 * @param inputs tensors that the caller supplies, without the initializers that old files list
 *     among them
 * @param outputs each written by a node, or itself an input or initializer
 */
public record OnnxGraph(
    String name,
    List<OnnxNode> nodes,
    Map<String, OnnxTensor> initializers,
    List<OnnxValueInfo> inputs,
    List<OnnxValueInfo> outputs) {

  public OnnxGraph {
    nodes = List.copyOf(nodes);
    initializers = Collections.unmodifiableMap(new LinkedHashMap<>(initializers));
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }
}
