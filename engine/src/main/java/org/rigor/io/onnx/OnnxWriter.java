// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.rigor.io.AtomicFile;
import org.rigor.io.ElementKind;
import org.rigor.io.RawElements;

/** Puts an ONNX file together from the records that {@link OnnxReader} gives. */
public final class OnnxWriter {
  private OnnxWriter() {}

  /** Writes a file atomically; see {@link AtomicFile#write} for faults. */
  public static void write(Path file, OnnxModel model) {
    AtomicFile.write(file, out -> out.write(bytes(model)));
  }

  /** The bytes of a file. The operator set comes last, so that a cut file is never valid. */
  public static byte[] bytes(OnnxModel model) {
    return message(
        m -> {
          m.writeInt64(1, model.irVersion());
          m.writeString(2, model.producer());
          m.writeByteArray(7, graph(model.graph()));
          m.writeByteArray(8, message(o -> o.writeInt64(2, model.opset())));
        });
  }

  private static byte[] graph(OnnxGraph graph) {
    return message(
        g -> {
          for (OnnxNode n : graph.nodes()) {
            g.writeByteArray(1, node(n));
          }
          g.writeString(2, graph.name());
          for (var e : graph.initializers().entrySet()) {
            g.writeByteArray(5, tensor(e.getKey(), e.getValue()));
          }
          for (OnnxValueInfo v : graph.inputs()) {
            g.writeByteArray(11, valueInfo(v));
          }
          for (OnnxValueInfo v : graph.outputs()) {
            g.writeByteArray(12, valueInfo(v));
          }
        });
  }

  private static byte[] node(OnnxNode node) {
    return message(
        n -> {
          for (String input : node.inputs()) {
            n.writeString(1, input);
          }
          for (String output : node.outputs()) {
            n.writeString(2, output);
          }
          n.writeString(3, node.name());
          n.writeString(4, node.op());
          for (var e : node.attributes().entrySet()) {
            n.writeByteArray(5, attribute(e.getKey(), e.getValue()));
          }
          if (!node.domain().isEmpty()) {
            n.writeString(7, node.domain());
          }
        });
  }

  private static byte[] attribute(String name, OnnxAttribute value) {
    return message(
        a -> {
          a.writeString(1, name);
          int type;
          if (value instanceof OnnxAttribute.Real v) {
            a.writeFloat(2, v.value());
            type = 1;
          } else if (value instanceof OnnxAttribute.Int v) {
            a.writeInt64(3, v.value());
            type = 2;
          } else if (value instanceof OnnxAttribute.Text v) {
            a.writeByteArray(4, v.value().getBytes(StandardCharsets.UTF_8));
            type = 3;
          } else if (value instanceof OnnxAttribute.Constant v) {
            a.writeByteArray(5, tensor("", v.value()));
            type = 4;
          } else if (value instanceof OnnxAttribute.Reals v) {
            for (float f : v.values()) {
              a.writeFloat(7, f);
            }
            type = 6;
          } else if (value instanceof OnnxAttribute.Ints v) {
            for (long i : v.values()) {
              a.writeInt64(8, i);
            }
            type = 7;
          } else {
            throw new IllegalArgumentException("cannot write the attribute " + value);
          }
          a.writeInt32(20, type);
        });
  }

  private static byte[] tensor(String name, OnnxTensor tensor) {
    return message(
        t -> {
          for (int d : tensor.dims()) {
            t.writeInt64(1, d);
          }
          t.writeInt32(2, OnnxTypes.number(tensor.kind()));
          if (!tensor.isReal()) {
            for (long v : tensor.integers()) {
              integer(t, tensor.kind(), v);
            }
          }
          t.writeString(8, name);
          if (tensor.isReal() && !tensor.isEmpty()) {
            t.writeByteArray(9, RawElements.write(tensor.kind(), tensor.reals()));
          }
        });
  }

  /** One element of the typed list that onnx.proto names for its type. */
  private static void integer(CodedOutputStream t, ElementKind kind, long v) throws IOException {
    switch (kind) {
      case I64 -> t.writeInt64(7, v);
      case U32, U64 -> t.writeUInt64(11, v);
      default -> t.writeInt32(5, (int) v);
    }
  }

  private static byte[] valueInfo(OnnxValueInfo info) {
    byte[] shape =
        message(
            s -> {
              for (int i = 0; i < info.dims().size(); i++) {
                long extent = info.dims().get(i);
                String symbol = "axis" + i;
                byte[] dim =
                    message(
                        d -> {
                          if (extent == OnnxValueInfo.FREE) {
                            d.writeString(2, symbol);
                          } else {
                            d.writeInt64(1, extent);
                          }
                        });
                s.writeByteArray(1, dim);
              }
            });
    byte[] tensorType =
        message(
            t -> {
              t.writeInt32(1, OnnxTypes.number(info.kind()));
              t.writeByteArray(2, shape);
            });
    return message(
        v -> {
          v.writeString(1, info.name());
          v.writeByteArray(2, message(t -> t.writeByteArray(1, tensorType)));
        });
  }

  @FunctionalInterface
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }
}
