// SPDX-License-Identifier: Apache-2.0
package org.rigor.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rigor.io.ElementKind;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** ONNX Runtime, an independent implementation, accepts and understands the files we write. */
class OnnxRuntimeTest {
  static float[][] run(OnnxModel model, Object x) throws OrtException {
    OrtEnvironment env = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      try (OrtSession session = env.createSession(OnnxWriter.bytes(model), options);
          OnnxTensorLike input = ai.onnxruntime.OnnxTensor.createTensor(env, x);
          OrtSession.Result result = session.run(Map.of("x", input))) {
        return (float[][]) result.get(0).getValue();
      }
    }
  }

  @Test
  void runsAnMlpToItsHandWorkedLogits() throws OrtException {
    // Hidden layer before the ReLU: (-0.9, 4.5, -0.7) and (1.1, 0.5, -1.2).
    float[][] logits = run(OnnxFiles.mlp(), new float[][] {{1, 2}, {1, 0}});
    assertThat(logits[0]).containsExactly(new float[] {0, -3.5f}, within(1e-6f));
    assertThat(logits[1]).containsExactly(new float[] {1.1f, 1.05f}, within(1e-6f));
  }

  @Test
  void runsEverySupportedOperator() throws OrtException {
    HostTensor half = HostTensor.of(Shape.of(), 0.5f);
    OnnxModel model =
        OnnxFiles.input(1, 2)
            .constant("w", Shape.of(2, 2), 1, 2, 3, 4)
            .constant("c", Shape.of(2), 1, -2)
            .constant("shape", OnnxTensor.longs(-1, 2))
            .then("Flatten", Map.of("axis", new OnnxAttribute.Int(1)))
            .then("MatMul", "w")
            .then("Add", "c")
            .then("Sub", "c")
            .then("Mul", "c")
            .then("Div", "c")
            .then("LeakyRelu", Map.of("alpha", new OnnxAttribute.Real(0.5f)))
            .then("Reshape", "shape")
            .then("Identity")
            .then("Dropout")
            .then("Tanh")
            .then("Sigmoid")
            .then("Gemm", "w")
            .then("Relu")
            .output(2);
    float[] out = run(model, new float[][][] {{{-1, 0.1f}}})[0];
    // x w = (-0.7, -1.6); adding, subtracting, multiplying and dividing by c cancel.
    double[] h = {sigmoid(Math.tanh(-0.35)), sigmoid(Math.tanh(-0.8))};
    assertThat(out[0]).isCloseTo((float) (h[0] + 3 * h[1]), within(1e-5f));
    assertThat(out[1]).isCloseTo((float) (2 * h[0] + 4 * h[1]), within(1e-5f));

    OnnxNode constant =
        new OnnxNode(
            0,
            "Constant",
            "",
            "k",
            List.of(),
            List.of("half"),
            Map.of("value", new OnnxAttribute.Constant(OnnxTensor.of(half))));
    OnnxNode add = new OnnxNode(1, "Add", "", "a", List.of("x", "half"), List.of("y"), Map.of());
    List<Long> dims = List.of(OnnxValueInfo.FREE, 1L);
    OnnxGraph graph =
        new OnnxGraph(
            "g",
            List.of(constant, add),
            Map.of(),
            List.of(new OnnxValueInfo("x", ElementKind.F32, dims)),
            List.of(new OnnxValueInfo("y", ElementKind.F32, dims)));
    assertThat(run(new OnnxModel("g.onnx", 8, 17, "", graph), new float[][] {{1}})[0])
        .containsExactly(1.5f);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
