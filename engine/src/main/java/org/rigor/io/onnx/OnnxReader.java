// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.io.DataException;
import org.rigor.io.WholeFile;

/**
 * A parser of ONNX files (onnx.proto, IR version 3 to 14). It rejects unsupported fields that
 * change a network's meaning, and all unknown fields. It does not recurse, so nesting cannot
 * exhaust the stack.
 */
public final class OnnxReader {
  /** The oldest container format whose operator sets are supported, and the newest. */
  static final long OLDEST_IR = 3;

  static final long NEWEST_IR = 14;

  private final WireReader wire;
  private final ExternalData external;
  private final Map<String, Long> opsets = new LinkedHashMap<>();
  private long irVersion;
  private String producer = "";
  private OnnxGraph graph;

  private OnnxReader(WireReader wire, ExternalData external) {
    this.wire = wire;
    this.external = external;
  }

  /**
   * Reads a file, plain or gzipped, and the external weight files beside it, if any.
   *
   * @throws DataException if the model is incomplete, invalid or unsupported, or its nodes are not
   *     in topological order
   */
  public static OnnxModel read(Path file) {
    ExternalData external = new ExternalData(file.toAbsolutePath().getParent());
    return new OnnxReader(new WireReader(WholeFile.read(file), file.toString()), external).model();
  }

  /** Reads a model from memory; {@code source} is for messages. */
  public static OnnxModel read(byte[] bytes, String source) {
    return new OnnxReader(new WireReader(bytes, source), new ExternalData(null)).model();
  }

  private OnnxModel model() {
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> irVersion = wire.varint();
        case 2 -> producer = wire.text();
        case 3, 4, 5, 6, 14 -> wire.skip(); // producer's version, domain, version, texts
        case 7 -> {
          if (graph != null) {
            throw wire.error("has two graphs");
          }
          wire.message(() -> graph = new OnnxGraphReader(wire, external).read());
        }
        case 8 -> wire.message(this::opset);
        case 20 -> throw refused("training information; export the network for inference");
        case 25 -> throw refused("functions of its own; inline them (onnx.inliner) before");
        case 26 -> throw refused("a distribution over devices");
        default -> throw wire.unknown("ModelProto");
      }
    }
    if (graph == null) {
      throw wire.error("ends without a graph");
    }
    Long opset = opsets.get("");
    if (opset == null) {
      throw wire.error("ends without a version of the standard operator set");
    }
    if (irVersion < OLDEST_IR || irVersion > NEWEST_IR) {
      throw new DataException(
          "%s: has IR version %d, read are %d to %d"
              .formatted(wire.file(), irVersion, OLDEST_IR, NEWEST_IR));
    }
    return new OnnxModel(
        wire.file(), irVersion, opset, producer, graph, List.copyOf(external.files()));
  }

  private DataException refused(String what) {
    return wire.unsupported("has " + what);
  }

  private void opset() {
    String domain = "";
    long version = 0;
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> domain = wire.text();
        case 2 -> version = wire.varint();
        default -> throw wire.unknown("OperatorSetIdProto");
      }
    }
    domain = domain.equals("ai.onnx") ? "" : domain;
    Long other = opsets.put(domain, version);
    if (other != null && other != version) { // a former onnx.utils.extract_model wrote one twice
      throw wire.error(
          "imports the operator set '%s' in two versions, %d and %d"
              .formatted(domain, other, version));
    }
  }
}
