// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.io.HostileBytes;
import org.rigor.tensor.Shape;

class OnnxReaderTest {
  private static final byte[] NONE = {};
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("m.onnx");
  }

  interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  static byte[] message(Fields fields) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A model whose only initializer is the given TensorProto and whose output is that. */
  private static OnnxTensor tensor(Fields proto) {
    byte[] graph =
        message(
            g -> {
              g.writeByteArray(
                  5,
                  message(
                      t -> {
                        proto.write(t);
                        t.writeString(8, "t");
                      }));
              g.writeByteArray(12, message(o -> o.writeString(1, "t")));
            });
    return model(graph).graph().initializers().get("t");
  }

  private static OnnxModel model(byte[] graph) {
    byte[] bytes =
        message(
            m -> {
              m.writeInt64(1, 8);
              m.writeByteArray(7, graph);
              m.writeByteArray(8, message(o -> o.writeInt64(2, 13)));
            });
    return OnnxReader.read(bytes, "m.onnx");
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    OnnxModel m = OnnxFiles.mlp();
    OnnxWriter.write(file(), m);
    OnnxModel back = OnnxReader.read(file());
    assertThat(back.opset()).isEqualTo(17);
    assertThat(back.irVersion()).isEqualTo(8);
    assertThat(back.producer()).isEqualTo("rigor");
    assertThat(back.source()).isEqualTo(file().toString());
    assertThat(back.graph().nodes()).isEqualTo(m.graph().nodes());
    assertThat(back.graph().inputs()).isEqualTo(m.graph().inputs());
    assertThat(back.graph().outputs()).isEqualTo(m.graph().outputs());
    m.graph()
        .initializers()
        .forEach(
            (n, t) -> {
              OnnxTensor b = back.graph().initializers().get(n);
              assertThat(b.kind()).isEqualTo(t.kind());
              assertThat(b).isEqualTo(t);
            });
    assertThat(OnnxWriter.bytes(back)).isEqualTo(OnnxWriter.bytes(m));

    try (GZIPOutputStream gz = new GZIPOutputStream(Files.newOutputStream(file()))) {
      gz.write(OnnxWriter.bytes(m));
    }
    assertThat(OnnxReader.read(file()).graph().nodes()).hasSize(3);
  }

  @Test
  void readsEveryKindOfAttribute() {
    OnnxTensor t = OnnxTensor.longs(3, -1);
    OnnxModel m =
        OnnxFiles.input(2)
            .then(
                "Relu",
                Map.of(
                    "i", new OnnxAttribute.Int(-5),
                    "f", new OnnxAttribute.Real(0.25f),
                    "s", new OnnxAttribute.Text("é"),
                    "is", new OnnxAttribute.Ints(List.of(1L, Long.MIN_VALUE)),
                    "fs", new OnnxAttribute.Reals(List.of(1f, -0f)),
                    "t", new OnnxAttribute.Constant(t)))
            .output(2);
    OnnxNode n = OnnxReader.read(OnnxWriter.bytes(m), "m").graph().nodes().get(0);
    assertThat(n.integer("i", 0)).isEqualTo(-5);
    assertThat(n.integer("absent", 7)).isEqualTo(7);
    assertThat(n.real("f", 0)).isEqualTo(0.25f);
    assertThat(n.attributes().get("s")).isEqualTo(new OnnxAttribute.Text("é"));
    assertThat(n.integers("is", List.of())).containsExactly(1L, Long.MIN_VALUE);
    assertThat(n.attributes().get("fs")).isEqualTo(new OnnxAttribute.Reals(List.of(1f, -0f)));
    assertThat(n.tensor("t").kind()).isEqualTo(ElementKind.I64);
    assertThat(n.tensor("t").integers()).containsExactly(3, -1);
    assertThat(n.tensor("absent")).isNull();
    assertThatThrownBy(() -> n.real("i", 0))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("node 0 (Relu 'n0') must have an attribute i of type Real");
  }

  @Test
  void readsTypedListsPackedAndUnpacked() {
    OnnxTensor packed =
        tensor(
            t -> {
              t.writeByteArray(1, message(d -> d.writeInt64NoTag(2)));
              t.writeInt32(2, 1);
              t.writeByteArray(
                  4,
                  message(
                      f -> {
                        f.writeFloatNoTag(1.5f);
                        f.writeFloatNoTag(-2);
                      }));
            });
    assertThat(packed.reals().floats()).containsExactly(1.5f, -2);
    OnnxTensor unpacked =
        tensor(
            t -> {
              t.writeDouble(10, Math.PI);
              t.writeInt32(2, 11);
              t.writeDouble(10, -1);
              t.writeInt64(1, 1);
              t.writeInt64(1, 2);
            });
    assertThat(unpacked.shape()).isEqualTo(Shape.of(1, 2));
    assertThat(unpacked.reals().doubles()).containsExactly(Math.PI, -1);
    assertThat(scalar(7, t -> t.writeInt64(7, -9)).integers()).containsExactly(-9);
    assertThat(scalar(13, t -> t.writeUInt64(11, 9)).integers()).containsExactly(9);
    assertThat(scalar(6, t -> t.writeInt32(5, -7)).integers()).containsExactly(-7);
    assertThat(scalar(3, t -> t.writeInt32(5, -128)).integers()).containsExactly(-128);
    assertThat(scalar(9, t -> t.writeInt32(5, 1)).integers()).containsExactly(1);
    assertThat(scalar(10, t -> t.writeInt32(5, 0xC000)).reals().floats()).containsExactly(-2f);
    assertThat(scalar(16, t -> t.writeInt32(5, 0x3F80)).reals().floats()).containsExactly(1f);
  }

  private static OnnxTensor scalar(int type, Fields value) {
    return tensor(
        t -> {
          t.writeInt32(2, type);
          value.write(t);
        });
  }

  @Test
  void refusesWrongTensors() {
    refused(() -> scalar(8, t -> t.writeString(6, "s")), "element type 8");
    refused(
        () -> scalar(2, t -> t.writeInt32(5, 256)), "element 0 of the tensor 't' is no U8: 256");
    refused(() -> scalar(9, t -> t.writeInt32(5, 2)), "is no BOOL: 2");
    refused(() -> scalar(1, t -> t.writeInt32(5, 1)), "values in one place, of that type");
    refused(() -> scalar(7, t -> t.writeInt64(1, 2)), "needs 16 bytes, got 0");
    refused(() -> scalar(1, t -> t.writeByteArray(9, new byte[5])), "needs 4 bytes, got 5");
    refused(() -> scalar(1, t -> t.writeInt64(1, -3)), "[-3]");
    refused(() -> scalar(1, t -> t.writeInt64(1, 1L << 50)), "[1125899906842624]");
    refused(() -> scalar(1, t -> t.writeInt64(1, 1 << 30)), "needs 4294967296 bytes, got 0");
    refused(() -> scalar(1, t -> t.writeInt32(14, 1)), "is kept in another file");
    refused(
        () ->
            scalar(
                1,
                t -> {
                  for (int i = 0; i < 65; i++) {
                    t.writeInt64(1, 1);
                  }
                }),
        "more than 64 axes");
  }

  /** A field that is not known could change what the file means, wherever it stands. */
  @Test
  void refusesWhatIsNotKnownInEveryMessage() {
    Fields unknown = f -> f.writeInt64(90, 1);
    refused(() -> scalar(1, unknown), "the field 90 of TensorProto, not known");
    refused(() -> model(message(unknown)), "the field 90 of GraphProto");
    refused(() -> model(message(g -> g.writeByteArray(1, message(unknown)))), "of NodeProto");
    refused(() -> model(message(g -> g.writeByteArray(11, message(unknown)))), "of ValueInfoProto");
    refused(
        () ->
            model(
                message(
                    g -> g.writeByteArray(1, message(n -> n.writeByteArray(5, message(unknown)))))),
        "of AttributeProto");
    refused(
        () -> model(message(g -> g.writeByteArray(14, new byte[0]))),
        ": is quantised, which is not");
    refused(() -> model(message(g -> g.writeByteArray(15, new byte[0]))), ": has sparse constants");
    refused(
        () -> model(message(g -> g.writeByteArray(1, message(n -> n.writeByteArray(10, NONE))))),
        ": places node 0 on devices, which is not");
    refused(() -> scalar(1, t -> t.writeByteArray(3, NONE)), ": has a tensor in segments");
    refused(() -> header(unknown), "the field 90 of ModelProto");
    refused(() -> header(m -> m.writeByteArray(20, new byte[0])), "training information");
    refused(() -> header(m -> m.writeByteArray(25, new byte[0])), "functions of its own");
    refused(() -> header(m -> m.writeByteArray(26, new byte[0])), "distribution over devices");
    refused(
        () -> header(m -> m.writeByteArray(8, message(o -> o.writeInt64(2, 14)))),
        "imports the operator set '' in two versions, 13 and 14");
    assertThat(header(m -> m.writeByteArray(8, message(o -> o.writeInt64(2, 13)))).opset())
        .as("the same version twice, as a former onnx.utils.extract_model wrote it")
        .isEqualTo(13);
    refused(() -> header(m -> m.writeInt64(1, 99)), "has IR version 99, read are 3 to 14");
    refused(() -> header(m -> m.writeInt64(1, 2)), "has IR version 2, read are 3 to 14");
    // Another domain may be imported: what would use it is refused by name.
    assertThat(
            header(
                    m ->
                        m.writeByteArray(
                            8,
                            message(
                                o -> {
                                  o.writeString(1, "com.example");
                                  o.writeInt64(2, 1);
                                })))
                .opset())
        .isEqualTo(13);
  }

  /** A whole model with a field more in its header. */
  private static OnnxModel header(Fields more) {
    byte[] graph =
        message(
            g -> {
              g.writeByteArray(11, message(i -> i.writeString(1, "x")));
              g.writeByteArray(12, message(o -> o.writeString(1, "x")));
            });
    return OnnxReader.read(
        message(
            m -> {
              m.writeInt64(1, 8);
              m.writeByteArray(7, graph);
              m.writeByteArray(8, message(o -> o.writeInt64(2, 13)));
              more.write(m);
            }),
        "m.onnx");
  }

  /** An attribute whose value is not of the type it states, or that has values of two types. */
  @Test
  void refusesAttributesOfTwoMinds() {
    refused(
        () -> attribute(a -> a.writeInt64(3, 1), 1),
        "attribute 'a' of type 1 with values of types [2]");
    refused(
        () ->
            attribute(
                a -> {
                  a.writeInt64(3, 1);
                  a.writeFloat(2, 1);
                },
                0),
        "with values of types [1, 2]");
    refused(() -> attribute(a -> a.writeString(21, "b"), 2), "refers to an attribute outside");
  }

  private static OnnxModel attribute(Fields value, int type) {
    return model(
        message(
            g ->
                g.writeByteArray(
                    1,
                    message(
                        n ->
                            n.writeByteArray(
                                5,
                                message(
                                    a -> {
                                      a.writeString(1, "a");
                                      value.write(a);
                                      a.writeInt32(20, type);
                                    }))))));
  }

  private static void refused(Runnable read, String reason) {
    assertThatThrownBy(read::run)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("m.onnx")
        .hasMessageContaining(reason);
  }

  @Test
  void refusesGraphsOutOfOrder() {
    OnnxModel unknown = OnnxFiles.input(2).then("Add", "nowhere").output(2);
    refused(
        () -> OnnxReader.read(OnnxWriter.bytes(unknown), "m.onnx"),
        "node 0 (Add 'n0') reads 'nowhere', which nothing before it provides");
    OnnxNode twice = new OnnxNode(0, "Relu", "", "r", List.of("x"), List.of("x"), Map.of());
    OnnxGraph graph =
        new OnnxGraph("g", List.of(twice), Map.of(), OnnxFiles.mlp().graph().inputs(), List.of());
    refused(
        () -> OnnxReader.read(OnnxWriter.bytes(new OnnxModel("", 8, 17, "", graph)), "m.onnx"),
        "writes 'x' a second time");
    refused(() -> model(message(g -> g.writeString(2, "empty"))), "no output");
    refused(
        () -> model(message(g -> g.writeByteArray(12, message(o -> o.writeString(1, "y"))))),
        "nothing provides the graph's output 'y'");
    refused(() -> OnnxReader.read(new byte[0], "m.onnx"), "ends without a graph");
    refused(() -> OnnxReader.read(new byte[] {(byte) 0x3b}, "m.onnx"), "wire type 3");
    refused(() -> OnnxReader.read(new byte[] {(byte) 0x63}, "m.onnx"), "protobuf group");
  }

  @Test
  void initializersAmongTheInputsAreNotInputs() {
    OnnxModel m =
        model(
            message(
                g -> {
                  g.writeByteArray(
                      5,
                      message(
                          t -> {
                            t.writeInt32(2, 1);
                            t.writeString(8, "w");
                            t.writeByteArray(9, new byte[4]);
                          }));
                  g.writeByteArray(11, message(i -> i.writeString(1, "x")));
                  g.writeByteArray(11, message(i -> i.writeString(1, "w")));
                  g.writeByteArray(12, message(o -> o.writeString(1, "x")));
                }));
    assertThat(m.graph().inputs()).containsExactly(new OnnxValueInfo("x", null, null));
  }

  @Test
  void survivesDamage() {
    byte[] valid = OnnxWriter.bytes(OnnxFiles.mlp());
    HostileBytes.refusesTruncation(valid, file(), OnnxReader::read);
    HostileBytes.survivesFlips(valid, file(), OnnxReader::read);
    HostileBytes.survivesNoise(valid, 500, file(), OnnxReader::read);
  }

  /** Needs the real files under RIGOR_DATA. */
  @Test
  void readsRealFiles() {
    String data = System.getenv("RIGOR_DATA");
    assumeThat(data).isNotNull();
    Path mlp = Path.of(data, "vnncomp-mnist_fc/mnist-net_256x2.onnx.gz");
    Path conv = Path.of(data, "onnx/cifar_base_kw.onnx.gz");
    assumeThat(Files.exists(mlp) && Files.exists(conv)).isTrue();
    OnnxModel m = OnnxReader.read(mlp);
    assertThat(m.graph().inputs()).hasSize(1);
    assertThat(
            m.graph().initializers().values().stream()
                .map(OnnxTensor::shape)
                .anyMatch(s -> s.equals(Shape.of(256, 784)) || s.equals(Shape.of(784, 256))))
        .isTrue();
    assertThat(OnnxReader.read(conv).graph().nodes()).isNotEmpty();
  }
}
