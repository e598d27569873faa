// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.nio.file.Path;
import java.util.List;

/**
 * A model file (ModelProto).
 *
 * @param source the file, for messages
 * @param irVersion version of the container format
 * @param opset version of the default operator set, which defines the operators' semantics
 * @param producer the program that wrote it, may be empty
 * @param externals the files beside it that hold weights, in the order of their names
 */
public record OnnxModel(
    String source,
    long irVersion,
    long opset,
    String producer,
    OnnxGraph graph,
    List<Path> externals) {
  /** Creates a model without external files. */
  public OnnxModel(String source, long irVersion, long opset, String producer, OnnxGraph graph) {
    this(source, irVersion, opset, producer, graph, List.of());
  }
}
