// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.nio.file.Path;
import org.rigor.io.DataException;
import org.rigor.io.WholeFile;

/**
 * Takes an ONNX file apart (onnx.proto: ModelProto 7 graph, 8 opsets; GraphProto 1 nodes, 5
 * initializers, 11 inputs, 12 outputs). Unknown fields are passed over; nothing is followed
 * recursively, so no nesting can exhaust the stack.
 */
public final class OnnxReader {
  private final WireReader wire;
  private long irVersion;
  private long opset;
  private String producer = "";
  private OnnxGraph graph;

  private OnnxReader(WireReader wire) {
    this.wire = wire;
  }

  /**
   * Reads a file, plain or gzipped.
   *
   * @throws DataException if it is not a whole and valid model, keeps weights elsewhere, or its
   *     graph is not in order
   */
  public static OnnxModel read(Path file) {
    return read(WholeFile.read(file), file.toString());
  }

  /** Reads a model from memory; {@code source} is for messages. */
  public static OnnxModel read(byte[] bytes, String source) {
    return new OnnxReader(new WireReader(bytes, source)).model();
  }

  private OnnxModel model() {
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> irVersion = wire.varint();
        case 2 -> producer = wire.text();
        case 7 -> {
          if (graph != null) {
            throw wire.error("has two graphs");
          }
          wire.message(() -> graph = new OnnxGraphReader(wire).read());
        }
        case 8 -> wire.message(this::opset);
        default -> wire.skip();
      }
    }
    if (graph == null) {
      throw wire.error("ends without a graph");
    }
    if (opset < 1) {
      throw wire.error("ends without a version of the standard operator set");
    }
    return new OnnxModel(wire.file(), irVersion, opset, producer, graph);
  }

  private void opset() {
    String domain = "";
    long version = 0;
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> domain = wire.text();
        case 2 -> version = wire.varint();
        default -> wire.skip();
      }
    }
    if (domain.isEmpty() || domain.equals("ai.onnx")) {
      opset = version;
    }
  }
}
