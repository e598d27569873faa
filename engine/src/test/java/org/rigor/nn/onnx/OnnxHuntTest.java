// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rigor.nn.onnx.OnnxFormsTest.list;
import static org.rigor.nn.onnx.OnnxFormsTest.text;
import static org.rigor.nn.onnx.OnnxFormsTest.with;
import static org.rigor.nn.onnx.OnnxNetworkTest.of;

import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.FileHunt;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * Damages ONNX files, their bytes and what they say. Each is refused as data, or gives what ONNX
 * Runtime gives on random inputs; {@code -Drigor.hunt.files=5000} does so with that many.
 */
class OnnxHuntTest {
  private static final int FEW = 300;
  private static final int SAMPLES = 2;

  /** Larger programs, or numbers that float32 cannot add up, are read but not compared. */
  private static final long MOST_ELEMENTS = 2_000_000;

  private static final double MOST = 1e4;

  /** Why ONNX Runtime refuses what is read here, by the words of its message. */
  private static final Map<String, String> RUNTIME_LACKS =
      Map.of(
          "Unsupported model IR version", "a format newer than this ONNX Runtime",
          "is under development", "an operator set newer than this ONNX Runtime",
          "Expected: 0", "a free batch axis that is written as 0");

  private final Map<String, Integer> notByRuntime = new TreeMap<>();

  private static HostTensor small(Random r, int... dims) {
    Shape s = Shape.of(dims);
    float[] v = new float[(int) s.size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) r.nextGaussian() / 2;
    }
    return HostTensor.of(s, v);
  }

  private static OnnxTensor weights(int... dims) {
    return OnnxTensor.of(small(new Random(Arrays.hashCode(dims)), dims));
  }

  private static List<OnnxModel> valid() {
    List<OnnxModel> out = new ArrayList<>();
    out.add(OnnxFiles.mlp());
    out.add(
        OnnxFiles.input(2, 5, 6)
            .constant("k", weights(4, 2, 3, 3))
            .constant("b", weights(4))
            .constant("g", weights(4))
            .constant("w", weights(8, 3))
            .then("Conv", with("pads", list(1, 1, 1, 1), "strides", list(2, 1)), "k", "b")
            .then("InstanceNormalization", "g", "b")
            .then("LeakyRelu", with("alpha", of(0.2f)))
            .then("MaxPool", with("kernel_shape", list(2, 2), "strides", list(2, 2)))
            .then("AveragePool", with("kernel_shape", list(1, 2), "ceil_mode", of(1)))
            .then("Flatten", with("axis", of(1)))
            .then("Gemm", with("alpha", of(0.5f)), "w")
            .output(3));
    out.add(
        OnnxFiles.input(4, 6)
            .constant("s", OnnxTensor.longs(1))
            .constant("e", OnnxTensor.longs(Long.MAX_VALUE))
            .constant("a", OnnxTensor.longs(-1))
            .constant("i", OnnxTensor.longs(0, 2))
            .constant("to", OnnxTensor.longs(0, -1))
            .constant("lo", Shape.of(), -0.5f)
            .constant("p", OnnxTensor.longs(0, 1, 0, 0, 0, 2))
            .constant("c", weights(1, 4, 1))
            .then("Add", "c")
            .then("Slice", "s", "e", "a")
            .then("Gather", with("axis", of(1)), "i")
            .then("Transpose", with("perm", list(0, 2, 1)))
            .then("Clip", "lo")
            .then("Pad", "p")
            .then("Softmax", with("axis", of(-1)))
            .then("ReduceMean", with("axes", list(2), "keepdims", of(0)))
            .then("Unsqueeze", "a")
            .then("Squeeze", "a")
            .then("Reshape", "to")
            .output(6));
    out.add(
        OnnxFiles.input(3, 8)
            .opset(18)
            .constant("k", weights(3, 2, 3))
            .constant("s", Shape.of(3), 1, 1, 2)
            .constant("g", weights(4))
            .constant("e", Shape.of(), 2f)
            .then("ConvTranspose", with("strides", list(2), "output_padding", list(1)), "k")
            .node(
                "Resize",
                List.of("convtranspose0", "", "s"),
                "r",
                with("mode", text("nearest"), "coordinate_transformation_mode", text("asymmetric")))
            .then("AveragePool", with("kernel_shape", list(9), "strides", list(9)))
            .then("LayerNormalization", with("epsilon", of(0.1f)), "g")
            .then("Pow", "e")
            .then("HardSigmoid", with("alpha", of(0.3f), "beta", of(0.4f)))
            .then("Elu")
            .then("Flatten")
            .output(8));
    return out;
  }

  @Test
  void everyDamagedFileIsRefusedOrReadForWhatItIs() {
    List<OnnxModel> models = valid();
    models.forEach(OnnxNetwork::new);
    List<byte[]> files = models.stream().map(OnnxWriter::bytes).toList();
    try (Device device = new CpuDevice(1, "scalar", "test")) {
      FileHunt.Tally tally =
          FileHunt.run(
              "ONNX",
              "m.onnx",
              FEW,
              round ->
                  round % 3 == 0
                      ? FileHunt.damaged(files, round)
                      : OnnxMutations.of(models, FileHunt.random(round)),
              (bytes, round) -> read(device, bytes, round));
      System.out.println("read, but not by ONNX Runtime: " + notByRuntime);
      assertThat(tally.refused()).isGreaterThan(tally.read() / 4);
      assertThat(tally.compared()).isGreaterThan(tally.read() / 2);
    }
  }

  private boolean read(Device device, byte[] bytes, int round) throws OrtException {
    OnnxNetwork net = new OnnxNetwork(OnnxReader.read(bytes, "m.onnx"));
    Program.Builder b = Program.builder("hunt");
    Map<String, Value> p = net.declare(b, "param/", 1, DType.F32);
    Shape shape = net.input().insert(0, SAMPLES);
    Value x = b.input("x", new TensorType(DType.F32, shape.insert(0, 1)));
    Value y = net.apply(p, x);
    long elements = Program.topological(List.of(y)).stream().mapToLong(v -> v.shape().size()).sum();
    if (elements > MOST_ELEMENTS || !net.notes().isEmpty() || large(net)) {
      return false;
    }
    b.output("y", y);
    HostTensor input = small(FileHunt.random(round), shape.dims());
    float[] actual;
    try (Executable e = device.compile(Simplify.run(b.build()))) {
      net.values().forEach((n, v) -> e.input("param/" + n).write(f32(v)));
      e.input("x").write(input.reshape(shape.insert(0, 1)));
      e.run();
      actual = e.output("y").read().floats();
    }
    float[] expected;
    try {
      expected = runtime(bytes, input);
    } catch (OrtException both) {
      try {
        // A network of one sample at a time has no meaning for two.
        expected = joined(runtime(bytes, sample(input, 0)), runtime(bytes, sample(input, 1)));
      } catch (OrtException alone) {
        String reason =
            RUNTIME_LACKS.keySet().stream()
                .filter(alone.getMessage()::contains)
                .findFirst()
                .map(RUNTIME_LACKS::get)
                .orElseThrow(() -> new AssertionError("refused by ONNX Runtime alone", alone));
        notByRuntime.merge(reason, 1, Integer::sum);
        return false;
      }
    }
    assertThat(actual).hasSameSizeAs(expected);
    double scale = 1;
    for (float v : expected) {
      scale = Math.max(scale, Math.abs(v));
    }
    for (int i = 0; i < actual.length && scale < MOST; i++) {
      boolean same = Float.isNaN(expected[i]) || Math.abs(actual[i] - expected[i]) <= 1e-4 * scale;
      assertThat(same).as("output %d: %s, got %s", i, expected[i], actual[i]).isTrue();
    }
    return scale < MOST;
  }

  private static HostTensor f32(HostTensor v) {
    if (v.dtype() == DType.F32) {
      return v;
    }
    float[] out = new float[(int) v.shape().size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) v.get(i);
    }
    return HostTensor.of(v.shape(), out);
  }

  private static boolean large(OnnxNetwork net) {
    for (HostTensor v : net.values().values()) {
      for (int i = 0; i < v.shape().size(); i++) {
        if (Math.abs(v.get(i)) > MOST) {
          return true;
        }
      }
    }
    return false;
  }

  /** One sample of a batch of two, as a batch. */
  private static HostTensor sample(HostTensor x, int i) {
    int n = x.floats().length / SAMPLES;
    float[] own = Arrays.copyOfRange(x.floats(), i * n, (i + 1) * n);
    return HostTensor.of(x.shape().with(0, 1), own);
  }

  private static float[] joined(float[] a, float[] b) {
    float[] out = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, out, a.length, b.length);
    return out;
  }

  /**
   * The outputs of ONNX Runtime.
   *
   * @throws OrtException if it refuses the file or the input
   */
  private static float[] runtime(byte[] model, HostTensor x) throws OrtException {
    long[] dims = Arrays.stream(x.shape().dims()).asLongStream().toArray();
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      try (OrtSession session = env.createSession(model, options);
          OnnxTensorLike in =
              ai.onnxruntime.OnnxTensor.createTensor(env, FloatBuffer.wrap(x.floats()), dims);
          OrtSession.Result result =
              session.run(Map.of(session.getInputNames().iterator().next(), in))) {
        FloatBuffer y = ((ai.onnxruntime.OnnxTensor) result.get(0)).getFloatBuffer();
        float[] out = new float[y.remaining()];
        y.get(out);
        return out;
      }
    }
  }
}
