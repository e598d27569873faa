// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.cli;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.io.Npz;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** A network of two layers in ONNX and a few samples, for the {@link Rehearsal}. */
final class SmallNetwork {
  private static final int SAMPLES = 16;
  private static final int INPUTS = 8;
  private static final int HIDDEN = 16;
  private static final int CLASSES = 3;

  /** {@code TensorProto.FLOAT}. */
  private static final int FLOAT = 1;

  private static final Random RANDOM = new Random(1);

  private SmallNetwork() {}

  /** Writes a message of Protocol Buffers. */
  private interface Message {
    void to(CodedOutputStream out) throws IOException;
  }

  /** Writes the network, an ONNX file. */
  static void write(Path file) throws IOException {
    byte[] graph =
        bytes(
            g -> {
              g.writeByteArray(1, gemm("x", "w0", "b0", "h"));
              g.writeByteArray(1, node("Relu", List.of("h"), "r"));
              g.writeByteArray(1, gemm("r", "w1", "b1", "y"));
              g.writeString(2, "small");
              g.writeByteArray(5, tensor("w0", HIDDEN, INPUTS));
              g.writeByteArray(5, tensor("b0", HIDDEN));
              g.writeByteArray(5, tensor("w1", CLASSES, HIDDEN));
              g.writeByteArray(5, tensor("b1", CLASSES));
              g.writeByteArray(11, value("x", INPUTS));
              g.writeByteArray(12, value("y", CLASSES));
            });
    byte[] model =
        bytes(
            m -> {
              m.writeInt64(1, 8);
              m.writeByteArray(7, graph);
              m.writeByteArray(8, bytes(o -> o.writeInt64(2, 13)));
            });
    Files.write(file, model);
  }

  /** Writes samples with labels, an NPZ file. */
  static void writeSamples(Path file) {
    float[] x = new float[SAMPLES * INPUTS];
    for (int i = 0; i < x.length; i++) {
      x[i] = RANDOM.nextFloat();
    }
    int[] y = RANDOM.ints(SAMPLES, 0, CLASSES).toArray();
    Npz.write(
        file,
        Map.of(
            "x", HostTensor.of(Shape.of(SAMPLES, INPUTS), x),
            "y", HostTensor.of(Shape.of(SAMPLES), y)),
        true);
  }

  private static byte[] bytes(Message message) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    message.to(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static byte[] gemm(String x, String w, String b, String y) throws IOException {
    byte[] node = node("Gemm", List.of(x, w, b), y);
    byte[] transposed =
        bytes(
            a -> {
              a.writeString(1, "transB");
              a.writeInt64(3, 1);
              a.writeEnum(20, 2);
            });
    return bytes(
        n -> {
          n.writeRawBytes(node);
          n.writeByteArray(5, transposed);
        });
  }

  private static byte[] node(String op, List<String> inputs, String output) throws IOException {
    return bytes(
        n -> {
          for (String input : inputs) {
            n.writeString(1, input);
          }
          n.writeString(2, output);
          n.writeString(4, op);
        });
  }

  private static byte[] tensor(String name, int... dims) throws IOException {
    ByteBuffer raw =
        ByteBuffer.allocate(Float.BYTES * (int) Shape.of(dims).size())
            .order(ByteOrder.LITTLE_ENDIAN);
    while (raw.hasRemaining()) {
      raw.putFloat((float) RANDOM.nextGaussian() / 4);
    }
    return bytes(
        t -> {
          for (int d : dims) {
            t.writeInt64(1, d);
          }
          t.writeEnum(2, FLOAT);
          t.writeString(8, name);
          t.writeByteArray(9, raw.array());
        });
  }

  private static byte[] value(String name, int features) throws IOException {
    byte[] batch = bytes(d -> d.writeString(2, "N"));
    byte[] extent = bytes(d -> d.writeInt64(1, features));
    byte[] shape =
        bytes(
            s -> {
              s.writeByteArray(1, batch);
              s.writeByteArray(1, extent);
            });
    byte[] type =
        bytes(
            t -> {
              t.writeEnum(1, FLOAT);
              t.writeByteArray(2, shape);
            });
    byte[] tensorType = bytes(t -> t.writeByteArray(1, type));
    return bytes(
        v -> {
          v.writeString(1, name);
          v.writeByteArray(2, tensorType);
        });
  }
}
