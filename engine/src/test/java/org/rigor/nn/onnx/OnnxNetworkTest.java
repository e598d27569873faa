// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.io.DataException;
import org.rigor.io.ElementKind;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxGraph;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxNode;
import org.rigor.io.onnx.OnnxReader;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxValueInfo;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.ir.Program;
import org.rigor.ir.Simplify;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/** Imported networks against ONNX Runtime, an independent implementation. */
class OnnxNetworkTest {
  private static final Random RANDOM = new Random(11);

  static float[] random(int n) {
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) RANDOM.nextGaussian();
    }
    return out;
  }

  static OnnxAttribute of(long v) {
    return new OnnxAttribute.Int(v);
  }

  static OnnxAttribute of(float v) {
    return new OnnxAttribute.Real(v);
  }

  static float[] rigor(OnnxNetwork net, Map<String, HostTensor> params, HostTensor x) {
    int models = params.values().stream().mapToInt(v -> v.shape().models()).max().orElse(1);
    Program.Builder b = Program.builder("imported");
    Map<String, Value> p = net.declare(b, "param/", models, DType.F32);
    Shape shape = x.shape().insert(0, 1);
    b.output("y", net.apply(p, b.input("x", new TensorType(DType.F32, shape))));
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(Simplify.run(b.build()))) {
      params.forEach((n, v) -> e.input("param/" + n).write(v));
      e.input("x").write(x.reshape(shape));
      e.run();
      return e.output("y").read().floats();
    }
  }

  static float[] runtime(byte[] model, HostTensor x, String input) throws OrtException {
    long[] dims = new long[x.shape().rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = x.shape().dim(i);
    }
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      try (OrtSession session = env.createSession(model, options);
          OnnxTensorLike in =
              ai.onnxruntime.OnnxTensor.createTensor(env, FloatBuffer.wrap(x.floats()), dims);
          OrtSession.Result result = session.run(Map.of(input, in))) {
        FloatBuffer y = ((ai.onnxruntime.OnnxTensor) result.get(0)).getFloatBuffer();
        float[] out = new float[y.remaining()];
        y.get(out);
        return out;
      }
    }
  }

  /** The file is written, read back, imported, and compared on a batch of 5. */
  static OnnxNetwork compare(OnnxModel model) throws OrtException {
    byte[] bytes = OnnxWriter.bytes(model);
    OnnxNetwork net = new OnnxNetwork(OnnxReader.read(bytes, "m.onnx"));
    Shape shape = net.input().insert(0, 5);
    HostTensor x = HostTensor.of(shape, random((int) shape.size()));
    float[] expected = runtime(bytes, x, "x");
    float[] actual = rigor(net, net.values(), x);
    assertThat(net.outputs()).isEqualTo(expected.length / 5);
    assertClose(actual, expected);
    return net;
  }

  static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      float bound = 1e-5f * Math.max(1, Math.abs(expected[i]));
      assertThat(actual[i]).as("element %d", i).isCloseTo(expected[i], within(bound));
    }
  }

  @Test
  void gemmPlainTransposedAndScaledWithEveryShapeOfAddend() throws OrtException {
    Map<String, OnnxAttribute> odd =
        Map.of("transB", of(1), "alpha", of(0.3f), "beta", of(-1.7f), "transA", of(0));
    OnnxModel model =
        OnnxFiles.input(4)
            .constant("w1", Shape.of(4, 6), random(24))
            .constant("b1", Shape.of(6), random(6))
            .constant("w2", Shape.of(5, 6), random(30))
            .constant("b2", Shape.of(1, 5), random(5))
            .constant("w3", Shape.of(5, 7), random(35))
            .constant("b3", Shape.of(), random(1))
            .constant("w4", Shape.of(3, 7), random(21))
            .constant("b4", Shape.of(1), random(1))
            .then("Gemm", "w1", "b1")
            .then("Relu")
            .then("Gemm", odd, "w2", "b2")
            .then("Tanh")
            .then("Gemm", "w3", "b3")
            .then("Sigmoid")
            .then("Gemm", odd, "w4", "b4")
            .output(3);
    OnnxNetwork net = compare(model);
    assertThat(net.values()).containsOnlyKeys("w1", "b1", "w2", "b2", "w3", "b3", "w4", "b4");
    assertThat(net.values().get("w2").shape()).isEqualTo(Shape.of(1, 5, 6));
  }

  @Test
  void matMulAndArithmeticBroadcastFromTheLastAxis() throws OrtException {
    compare(
        OnnxFiles.input(3, 4)
            .constant("w", Shape.of(4, 5), random(20))
            .constant("b", Shape.of(5), random(5))
            .constant("c", Shape.of(3, 1), random(3))
            .constant("d", Shape.of(1, 1, 5), random(5))
            .constant("e", Shape.of(), 2.5f)
            .then("MatMul", "w")
            .then("Add", "b")
            .then("LeakyRelu", Map.of("alpha", of(0.2f)))
            .then("Sub", "c")
            .then("Mul", "d")
            .then("LeakyRelu")
            .then("Div", "e")
            .then("Flatten")
            .output(15));
  }

  @Test
  void layoutIdentityAndDropoutLeaveTheNumbersAlone() throws OrtException {
    compare(
        OnnxFiles.input(2, 3, 2)
            .constant("a", OnnxTensor.longs(0, -1, 4))
            .constant("b", OnnxTensor.longs(-1, 12))
            .constant("w", Shape.of(12, 2), random(24))
            .then("Reshape", "a")
            .then("Identity")
            .then("Reshape", "b")
            .then("Dropout")
            .then("Flatten", Map.of("axis", of(-1)))
            .then("MatMul", "w")
            .output(2));
  }

  @Test
  void constantsMayBeNodesAndOperandsMayStandOnEitherSide() throws OrtException {
    List<OnnxNode> nodes =
        List.of(
            constant(
                0,
                "k",
                "value",
                new OnnxAttribute.Constant(
                    OnnxTensor.of(HostTensor.of(Shape.of(3, 2), random(6))))),
            constant(1, "two", "value_float", of(2f)),
            constant(2, "row", "value_floats", new OnnxAttribute.Reals(List.of(0.5f, -3f))),
            new OnnxNode(3, "MatMul", "", "", List.of("x", "k"), List.of("h"), Map.of()),
            new OnnxNode(4, "Sub", "", "", List.of("two", "h"), List.of("s"), Map.of()),
            new OnnxNode(5, "Mul", "", "", List.of("two", "row"), List.of("t"), Map.of()),
            new OnnxNode(6, "Tanh", "", "unused", List.of("x"), List.of("u"), Map.of()),
            new OnnxNode(7, "Add", "", "", List.of("t", "s"), List.of("y"), Map.of()));
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            nodes,
            Map.of(),
            List.of(new OnnxValueInfo("x", ElementKind.F32, List.of(-1L, 3L))),
            List.of(new OnnxValueInfo("y", ElementKind.F32, List.of(-1L, 2L))));
    OnnxNetwork net = compare(new OnnxModel("m.onnx", 8, 17, "", graph));
    assertThat(net.values()).containsOnlyKeys("k", "two", "row");
  }

  private static OnnxNode constant(int i, String name, String key, OnnxAttribute value) {
    return new OnnxNode(i, "Constant", "", "", List.of(), List.of(name), Map.of(key, value));
  }

  /** Rows of a pack of models each have their own parameters. */
  @Test
  void parametersAreRowsOfTheModelAxis() {
    OnnxNetwork net = new OnnxNetwork(OnnxFiles.mlp());
    Map<String, HostTensor> two = net.initial(List.of(TrialKey.of(1, "t"), TrialKey.of(2, "t")));
    assertThat(two.get("w1").shape()).isEqualTo(Shape.of(2, 3, 2));
    two.get("b2").floats()[3] += 10;
    float[] y = rigor(net, two, HostTensor.of(Shape.of(1, 2), 1f, 2f));
    assertThat(y).containsExactly(new float[] {0, -3.5f, 0, 6.5f}, within(1e-6f));
  }

  @Test
  void theMnistNetworkOfTheVerificationCompetition() throws Exception {
    Path file = null;
    for (Path p = Path.of("").toAbsolutePath(); p != null && file == null; p = p.getParent()) {
      Path at = p.resolve("shared/data/vnncomp-mnist_fc/mnist-net_256x2.onnx.gz");
      file = Files.exists(at) ? at : null;
    }
    Assumptions.assumeTrue(file != null, "the data folder is not here");
    OnnxModel model = OnnxReader.read(file);
    OnnxNetwork net = new OnnxNetwork(model);
    assertThat(net.input()).isEqualTo(Shape.of(784, 1));
    float[] x = random(784);
    float[] expected = runtime(OnnxWriter.bytes(model), HostTensor.of(Shape.of(1, 784, 1), x), "0");
    assertClose(rigor(net, net.values(), HostTensor.of(Shape.of(1, 784, 1), x)), expected);
  }

  static void refused(OnnxModel model, String... words) {
    assertThatThrownBy(() -> new OnnxNetwork(model))
        .isInstanceOf(DataException.class)
        .satisfies(e -> assertThat(e.getMessage()).startsWith("test.onnx: ").contains(words));
  }

  @Test
  void whatIsNotSupportedIsNamedWithItsNode() {
    refused(OnnxFiles.input(2).then("Relu").then("Sin").output(2), "node 1 (Sin 'n1')");
    OnnxFiles inner = OnnxFiles.input(2).constant("w", Shape.of(3, 2), random(6));
    refused(inner.then("Gemm", "w").output(2), "node 0 (Gemm 'n0')", "inner extents differ: 2");
    OnnxFiles batch = OnnxFiles.input(2).constant("c", Shape.of(2, 2), random(4));
    refused(batch.then("Add", "c").output(2), "node 0 (Add 'n0')", "across the batch axis");
    OnnxFiles higher = OnnxFiles.input(2).constant("c", Shape.of(1, 1, 2), random(2));
    refused(higher.then("Add", "c").output(2), "but computes [1, N, 2]");
    OnnxFiles mixed = OnnxFiles.input(2).constant("s", OnnxTensor.longs(2, -1));
    refused(
        mixed.then("Reshape", "s").output(2), "samples must stay apart, got [2, -1] for [N, 2]");
    OnnxFiles misfit = OnnxFiles.input(4).constant("s", OnnxTensor.longs(-1, 3));
    refused(misfit.then("Reshape", "s").output(3), "cannot reshape 4 elements", "[-1, 3]");
    OnnxFiles negative = OnnxFiles.input(4).constant("s", OnnxTensor.longs(-1, -2));
    refused(negative.then("Reshape", "s").output(3), "cannot reshape");
    OnnxFiles huge = OnnxFiles.input(4).constant("s", OnnxTensor.longs(1 << 30, 1 << 30, 1 << 30));
    refused(huge.then("Reshape", "s").output(3), "node 0 (Reshape 'n0')");
    refused(OnnxFiles.input(4).then("Add").output(4), "has 2 operands, got 1: [x]");
    refused(
        OnnxFiles.input(2)
            .constant("w", Shape.of(2, 2), 1, 2, Float.NaN, 4)
            .then("MatMul", "w")
            .output(2),
        "element 2 of the tensor 'w' is NaN");
    OnnxFiles rows = OnnxFiles.input(2).constant("w", Shape.of(5, 2), random(10));
    refused(rows.then("Gemm", Map.of("transA", of(1)), "w").output(2), "samples must be the rows");
    OnnxFiles flat = OnnxFiles.input(2, 2).then("Flatten", Map.of("axis", of(2)));
    refused(flat.output(2), "the first axis must be the batch, got [2 N, 2]");
    OnnxFiles integers = OnnxFiles.input(2).constant("i", OnnxTensor.longs(1, 2));
    refused(integers.then("Add", "i").output(2), "'i' is not a tensor of real numbers");
  }

  @Test
  void oneOfSeveralOutputsIsChosenByItsName() {
    OnnxGraph g =
        OnnxFiles.input(2)
            .constant("two", Shape.of(), 2)
            .constant("three", Shape.of(), 3)
            .node("Mul", List.of("x", "two"), "double", Map.of())
            .node("Mul", List.of("x", "three"), "triple", Map.of())
            .node("Sin", List.of("x"), "sine", Map.of())
            .output(2)
            .graph();
    List<Long> dims = List.of(-1L, 2L);
    List<OnnxValueInfo> outputs =
        List.of(
            new OnnxValueInfo("labels", ElementKind.I64, List.of(-1L)),
            new OnnxValueInfo("double", ElementKind.F32, dims),
            new OnnxValueInfo("triple", ElementKind.F32, dims),
            new OnnxValueInfo("sine", ElementKind.F32, dims));
    OnnxGraph several = new OnnxGraph("g", g.nodes(), g.initializers(), g.inputs(), outputs);
    OnnxModel model = new OnnxModel("test.onnx", 8, 17, "", several);
    HostTensor x = HostTensor.of(Shape.of(1, 2), 1f, -1f);
    OnnxNetwork first = new OnnxNetwork(model);
    assertThat(rigor(first, first.values(), x)).containsExactly(2, -2);
    assertThat(first.notes())
        .containsExactly(
            "of the outputs labels, double, triple, sine, double is measured; --output NAME takes"
                + " another");
    OnnxNetwork third = new OnnxNetwork(model, Optional.of("triple"));
    assertThat(rigor(third, third.values(), x)).containsExactly(3, -3);
    assertThat(third.notes())
        .containsExactly("of the outputs labels, double, triple, sine, triple is measured");
    for (String wrong : List.of("labels", "logits", "x")) {
      assertThatThrownBy(() -> new OnnxNetwork(model, Optional.of(wrong)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("has no output '" + wrong + "' of real numbers, its outputs are")
          .hasMessageContaining("labels I64 [-1], double F32 [-1, 2], triple F32 [-1, 2]");
    }
    assertThatThrownBy(() -> new OnnxNetwork(model, Optional.of("sine")))
        .hasMessageContaining("node 2 (Sin 'n2')");
  }

  @Test
  void inputsMustBeKnownButForTheBatch() {
    refused(OnnxFiles.input(-1).then("Relu").output(1), "of known extent");
    refused(OnnxFiles.input().then("Relu").output(1), "batch axis");
    OnnxModel old = OnnxFiles.input(2).then("Relu").output(2);
    refused(new OnnxModel("test.onnx", 3, 6, "", old.graph()), "operator set 6");
    OnnxGraph g = old.graph();
    OnnxGraph fixed =
        new OnnxGraph(
            "g",
            List.of(),
            Map.of("c", OnnxTensor.of(HostTensor.of(Shape.of(2), 1f, 2f))),
            g.inputs(),
            List.of(new OnnxValueInfo("c", ElementKind.F32, List.of(2L))));
    refused(new OnnxModel("test.onnx", 8, 17, "", fixed), "does not depend on the input");
  }
}
