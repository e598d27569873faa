// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.rigor.io.DataException;
import org.rigor.io.onnx.OnnxAttribute;
import org.rigor.io.onnx.OnnxFiles;
import org.rigor.io.onnx.OnnxModel;
import org.rigor.io.onnx.OnnxTensor;
import org.rigor.io.onnx.OnnxWriter;
import org.rigor.tensor.Shape;

/** The checker's own reading of a network gives the values that ONNX Runtime gives. */
class GraphTest {
  private static final Random RANDOM = new Random(5);

  private static float[] normal(int n) {
    float[] all = new float[n];
    for (int i = 0; i < n; i++) {
      all[i] = (float) RANDOM.nextGaussian();
    }
    return all;
  }

  private static float[] positive(int n) {
    float[] all = normal(n);
    for (int i = 0; i < n; i++) {
      all[i] = 0.5f + Math.abs(all[i]);
    }
    return all;
  }

  private static OnnxAttribute ints(long... v) {
    return new OnnxAttribute.Ints(LongStream.of(v).boxed().toList());
  }

  private static OnnxAttribute one(long v) {
    return new OnnxAttribute.Int(v);
  }

  static Stream<OnnxModel> models() {
    List<OnnxModel> all = new ArrayList<>();
    all.add(
        OnnxFiles.input(4, 5, 6)
            .constant("w", Shape.of(6, 2, 3, 2), normal(72))
            .constant("b", Shape.of(6), normal(6))
            .then(
                "Conv",
                Map.of(
                    "group", one(2),
                    "strides", ints(2, 1),
                    "pads", ints(1, 0, 2, 1),
                    "dilations", ints(1, 2)),
                "w",
                "b")
            .then("LeakyRelu", Map.of("alpha", new OnnxAttribute.Real(0.1f)))
            .then("Flatten")
            .output(90));
    all.add(
        OnnxFiles.input(3, 2, 2)
            .constant("gain", Shape.of(3), normal(3))
            .constant("bias", Shape.of(3), normal(3))
            .constant("mean", Shape.of(3), normal(3))
            .constant("variance", Shape.of(3), positive(3))
            .then("BatchNormalization", "gain", "bias", "mean", "variance")
            .then("Relu")
            .then("Transpose", Map.of("perm", ints(0, 2, 3, 1)))
            .constant("w", Shape.of(12, 2), normal(24))
            .then("Flatten", Map.of("axis", one(-3)))
            .then("Gemm", "w")
            .output(2));
    all.add(
        OnnxFiles.input(2, 3)
            .constant("w", Shape.of(3, 4), normal(12))
            .constant("c", Shape.of(4), positive(4))
            .constant("d", Shape.of(2, 1), positive(2))
            .constant("shape", OnnxTensor.longs(0, -1))
            .then("MatMul", "w")
            .then("Add", "c")
            .then("Mul", "d")
            .then("Div", "c")
            .then("Relu")
            .then("Sub", "d")
            .then("Reshape", "shape")
            .output(8));
    all.add(
        OnnxFiles.input(3)
            .constant("w", Shape.of(3, 3), normal(9))
            .constant("v", Shape.of(4, 6), normal(24))
            .constant("b", Shape.of(1, 4), normal(4))
            .then("Gemm", "w")
            .then("Relu")
            .node("Sub", List.of("x", "relu1"), "skip", Map.of())
            .node("Add", List.of("skip", "relu1"), "both", Map.of())
            .node("Concat", List.of("both", "skip"), "all", Map.of("axis", one(1)))
            .then(
                "Gemm",
                Map.of(
                    "transB", one(1),
                    "alpha", new OnnxAttribute.Real(0.3f),
                    "beta", new OnnxAttribute.Real(-0.7f)),
                "v",
                "b")
            .then("Identity")
            .output(4));
    all.add(
        OnnxFiles.input(2, 3)
            .opset(7)
            .constant("mean", Shape.of(2), normal(2))
            .constant("gain", Shape.of(2), positive(2))
            .then("BatchNormalization", "gain", "mean", "mean", "gain")
            .then("Flatten")
            .constant("w", Shape.of(6, 2), normal(12))
            .then("Gemm", "w", "mean")
            .then("Relu")
            .output(2));
    all.add(
        OnnxFiles.input(3, 2)
            .constant("left", Shape.of(4, 3), normal(12))
            .node("MatMul", List.of("left", "x"), "y", Map.of())
            .then("Flatten")
            .output(8));
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("models")
  void givesTheValuesOfOnnxRuntime(OnnxModel model) throws OrtException {
    Graph g = WalkTest.graph(model);
    float[] x = normal(g.inputs());
    double[] same = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      same[i] = x[i];
    }
    double[] own = WalkTest.values(g, same)[g.output()];
    long[] dims =
        model.graph().inputs().get(0).dims().stream().mapToLong(d -> Math.max(d, 1)).toArray();
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession session = env.createSession(OnnxWriter.bytes(model));
        var input = ai.onnxruntime.OnnxTensor.createTensor(env, FloatBuffer.wrap(x), dims);
        OrtSession.Result result = session.run(Map.of("x", input))) {
      FloatBuffer y = ((ai.onnxruntime.OnnxTensor) result.get(0)).getFloatBuffer();
      assertThat(own).hasSize(y.remaining());
      for (double v : own) {
        assertThat(v).isCloseTo(y.get(), within(1e-5));
      }
    }
  }

  @Test
  void refusesWhatIsNoNetworkOfRealNumbers() {
    OnnxFiles nan = OnnxFiles.input(2).constant("w", Shape.of(2), 1, Float.NaN).then("Add", "w");
    assertThatThrownBy(() -> WalkTest.graph(nan.output(2)))
        .isInstanceOf(DataException.class)
        .hasMessage("test.onnx: the constant 'w' holds NaN");
    OnnxFiles old = OnnxFiles.input(2).opset(6).then("Relu");
    assertThatThrownBy(() -> WalkTest.graph(old.output(2)))
        .isInstanceOf(DataException.class)
        .hasMessage("test.onnx: operator set 6 cannot be checked, those from 7 to 28 can");
    OnnxFiles apart =
        OnnxFiles.input(2, 2)
            .opset(8)
            .constant("c", Shape.of(2, 2), positive(4))
            .then("BatchNormalization", Map.of("spatial", one(0)), "c", "c", "c", "c");
    assertThatThrownBy(() -> WalkTest.graph(apart.output(4)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("the same statistics at all places of a channel");
    OnnxFiles twice =
        OnnxFiles.input(2)
            .node("Relu", List.of("x"), "y", Map.of())
            .node("Identity", List.of("x"), "y", Map.of());
    assertThatThrownBy(() -> WalkTest.graph(twice.output(2)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("its result has no name of its own");
  }

  /** A half in int32_data is the bits of the half, not the integer. */
  @Test
  void refusesElementsInTheFieldOfAnotherType() {
    for (int type : new int[] {1, 10}) {
      // a graph (7) with an initializer (5): dims 1, the type, int32_data 60, the name w
      byte[] file = {0x3a, 12, 0x2a, 10, 8, 1, 16, (byte) type, 0x2a, 1, 60, 66, 1, 'w'};
      assertThatThrownBy(() -> Model.read("test.onnx", file))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("element type " + type);
    }
  }

  @Test
  void refusesSizesThatDoNotFit() {
    OnnxFiles few =
        OnnxFiles.input(1, 4, 4)
            .constant("w", Shape.of(1, 1, 2, 2), 1, 2, 3, 4)
            .then("Conv", Map.of("pads", ints(1, 1)), "w");
    assertThatThrownBy(() -> WalkTest.graph(few.output(9)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("its sizes do not fit");
  }

  @Test
  void namesWhatItCannotCheck() {
    OnnxModel model = OnnxFiles.input(2).then("Sigmoid").output(2);
    assertThatThrownBy(() -> WalkTest.graph(model))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("node 0 (Sigmoid 'n0') cannot be checked; the checker knows Add,");
  }
}
