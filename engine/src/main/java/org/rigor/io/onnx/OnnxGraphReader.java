// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;

/** A reader of one GraphProto that checks the order of its nodes. */
final class OnnxGraphReader {
  private final WireReader wire;
  private final ExternalData external;
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, OnnxTensor> initializers = new LinkedHashMap<>();
  private final List<OnnxValueInfo> inputs = new ArrayList<>();
  private final List<OnnxValueInfo> outputs = new ArrayList<>();
  private String name = "";

  OnnxGraphReader(WireReader wire, ExternalData external) {
    this.wire = wire;
    this.external = external;
  }

  OnnxGraph read() {
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 ->
            wire.message(() -> nodes.add(new OnnxNodeReader(wire, external, nodes.size()).read()));
        case 2 -> name = wire.text();
        case 5 -> wire.message(this::initializer);
        case 11 -> wire.message(() -> inputs.add(valueInfo(true)));
        case 12 -> wire.message(() -> outputs.add(valueInfo(false)));
        case 10, 16 -> wire.skip(); // texts
        case 13 -> wire.message(() -> valueInfo(false)); // follows from the nodes
        case 14 -> throw wire.unsupported("is quantised");
        case 15 -> throw wire.unsupported("has sparse constants");
        default -> throw wire.unknown("GraphProto");
      }
    }
    inputs.removeIf(i -> initializers.containsKey(i.name()));
    checkOrder();
    return new OnnxGraph(name, nodes, initializers, inputs, outputs);
  }

  private void initializer() {
    OnnxTensorReader reader = new OnnxTensorReader(wire, external);
    OnnxTensor tensor = reader.read();
    if (reader.name().isEmpty() || initializers.put(reader.name(), tensor) != null) {
      throw wire.error("has an initializer '" + reader.name() + "' without a name of its own");
    }
  }

  /**
   * @param dense whether it must be a dense tensor; anything else gets neither kind nor extents
   */
  private OnnxValueInfo valueInfo(boolean dense) {
    String[] text = {""};
    ElementKind[] kind = {null};
    List<List<Long>> shape = new ArrayList<>();
    for (int field; (field = wire.next()) != 0; ) {
      switch (field) {
        case 1 -> text[0] = wire.text();
        case 2 -> wire.message(() -> type(text[0], dense, kind, shape));
        case 3, 4 -> wire.skip(); // texts
        default -> throw wire.unknown("ValueInfoProto");
      }
    }
    return new OnnxValueInfo(text[0], kind[0], shape.isEmpty() ? null : shape.get(0));
  }

  private void type(String value, boolean dense, ElementKind[] kind, List<List<Long>> shape) {
    for (int field; (field = wire.next()) != 0; ) {
      if (field == 6 || (field != 1 && !dense)) {
        wire.skip();
        continue;
      }
      if (field != 1) {
        throw new DataException(wire.file() + ": '" + value + "' must be a dense tensor");
      }
      wire.message(
          () -> {
            for (int f; (f = wire.next()) != 0; ) {
              switch (f) {
                case 1 -> kind[0] = OnnxTypes.kind(wire.file(), "'" + value + "'", wire.varint());
                case 2 -> wire.message(() -> shape.add(shape(value)));
                default -> throw wire.unknown("TypeProto.Tensor");
              }
            }
          });
    }
  }

  private List<Long> shape(String value) {
    List<Long> dims = new ArrayList<>();
    for (int field; (field = wire.next()) != 0; ) {
      if (field != 1) {
        throw wire.unknown("TensorShapeProto");
      }
      wire.message(() -> dims.add(dim(value)));
    }
    return dims;
  }

  private long dim(String value) {
    long extent = OnnxValueInfo.FREE;
    for (int field; (field = wire.next()) != 0; ) {
      if (field == 2 || field == 3) {
        wire.skip(); // the axis' name and meaning
      } else if (field == 1) {
        extent = wire.varint();
        // Some exporters write 0 or -1 for an axis whose extent the caller chooses.
        if (extent < -1 || extent > Integer.MAX_VALUE) {
          throw new DataException(wire.file() + ": '" + value + "' has the extent " + extent);
        }
        extent = extent == 0 ? OnnxValueInfo.FREE : extent;
      } else {
        throw wire.unknown("TensorShapeProto.Dimension");
      }
    }
    return extent;
  }

  private void checkOrder() {
    Set<String> known = new HashSet<>(initializers.keySet());
    for (OnnxValueInfo i : inputs) {
      if (i.name().isEmpty() || !known.add(i.name())) {
        throw new DataException(
            wire.file() + ": the graph's inputs must have names of their own, got " + inputs);
      }
    }
    for (OnnxNode n : nodes) {
      for (String in : n.inputs()) {
        if (!in.isEmpty() && !known.contains(in)) {
          throw new DataException(
              wire.file()
                  + ": "
                  + n.describe()
                  + " reads '"
                  + in
                  + "', which nothing before it provides");
        }
      }
      for (String out : n.outputs()) {
        if (!out.isEmpty() && !known.add(out)) {
          throw new DataException(
              wire.file() + ": " + n.describe() + " writes '" + out + "' a second time");
        }
      }
    }
    for (OnnxValueInfo o : outputs) {
      if (!known.contains(o.name())) {
        throw new DataException(
            wire.file() + ": nothing provides the graph's output '" + o.name() + "'");
      }
    }
    if (outputs.isEmpty()) {
      throw new DataException(wire.file() + ": the graph has no output");
    }
  }
}
